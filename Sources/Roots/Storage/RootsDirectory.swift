import Failure
import FileTree
import Glibc
import OCI
import SystemPackage

/// The roots directory: one directory for each unpacked layer, one for each layer of the recipe.
///
/// ```
/// sha256_<hex>/overlay          the content of the layer with that blob digest; complete, or absent
/// sha256_<hex>/unsettled        in which start of the machine it was made, as long as it may not be on the disk
/// sha256_<hex>/merged.json      in place of it: of which directories the content is put together
/// sha256_<hex>/on_<hex>/overlay what lies over that content on the layers of that base
/// part_<hex>/overlay            one of those, under a name that is nobody's
/// foo/overlay                   upperdir of foo: what its run: changed
/// foo/overlay_dirs/<name>       what foo's overlay_dirs bring; once encoded, a symlink to the layer that it became
/// foo/build                     which build has made what is there
/// foo/rootfs                    where foo is mounted inside the build
/// foo/overlay_metadata.json     what foo was built on and came out as
/// foo/overlay_base.json         what foo's last build stands on, from its beginning
/// .run-<hex>                    what an image changes that is running; or what build --reproduce makes
/// ```
package struct RootsDirectory: Sendable {
    /// Where it is, absolute.
    package let path: FilePath
    /// The same, open.
    package let directory: Directory

    /// Says which implementation and which form of this directory made its content.
    private static let marker: FilePath = ".stacker-roots"
    private static let markerText = "stacker-swift 1\n"

    /// Opens the roots directory to build in it, or makes it.
    ///
    /// Without our marker the layers in it are another implementation's: their form is not known, and they are removed.
    /// Who only looks at what is there uses ``init(reading:)`` or ``init(ifOursAt:)``.
    package init(takingOver path: FilePath) throws {
        self.path = path
        directory = try Directory(creating: path, isPlain: true)
        directory.spreadDirectories()
        if try !Self.isOurs(directory, at: path) {
            try attempt("couldn't remove what another stacker left in \(path)") {
                for name in try directory.names() where try isStorage(name) { try directory.removeTree(name) }
            }
            try attempt("couldn't write to \(path)") {
                try directory.replaceFile(Self.marker, with: Self.markerText.utf8)
            }
        }
    }

    /// Opens the roots directory to look into it: nothing is made or changed.
    ///
    /// - Throws: a failure if there is none, or if another implementation made what is in it.
    package init(reading path: FilePath) throws {
        self.path = path
        directory = try attempt(
            "couldn't open the roots directory", help: "build first, or name another with --roots-dir"
        ) {
            try Directory(at: path)
        }
        guard try Self.isOurs(directory, at: path) else {
            throw Failure("\(path) is not a roots directory of this stacker", help: "build first")
        }
    }

    /// Opens the roots directory to look into it, as ``init(reading:)`` does; `nil` if there is none, or if another
    /// implementation made what is in it.
    package init?(ifOursAt path: FilePath) throws {
        do {
            directory = try Directory(at: path)
        } catch let failure as Failure where failure.errno == .noSuchFileOrDirectory {
            return nil
        }
        guard try Self.isOurs(directory, at: path) else { return nil }
        self.path = path
    }

    private static func isOurs(_ directory: Directory, at path: FilePath) throws -> Bool {
        try attempt("couldn't read \(path.pushing(marker))") { try directory.readFile(marker, limit: 64) }
            == Array(markerText.utf8)
    }

    /// Whether `name` looks like a layer's storage; anything else in the directory is somebody's own.
    private func isStorage(_ name: FilePath) throws -> Bool {
        if Self.isContentName(name.string) { return true }
        guard try directory.status(name)?.kind == .directory else { return false }
        let content = try directory.directory(name)
        return try content.status("overlay") != nil && content.status("overlay_metadata.json") != nil
    }

    // MARK: - Unpacked layers

    /// Where the content of a layer blob is, if it is in a directory of its own. See ``contents(of:)``.
    package func contentPath(of digest: Digest) -> FilePath {
        path.appending(digest.directoryName.string).appending("overlay")
    }

    /// Whether the content of a layer blob is there, in a directory of its own.
    package func holdsOwnContent(of digest: Digest) throws -> Bool {
        try contentPath(of: digest).isThere() && !isDoubtful(digest.directoryName)
    }

    /// A name that ``removeTemporaries()`` knows.
    package static func temporaryName() -> FilePath {
        FilePath("\(temporaryPrefix)\(UInt64.random(in: 0...UInt64.max))")
    }

    /// Makes an empty directory under a temporary name, in which a layer is put together.
    package func makeTemporary() throws -> FilePath {
        let name = Self.temporaryName()
        try attempt("couldn't make \(path.appending(name.string))") { _ = try directory.makePlainDirectory(name) }
        return name
    }

    /// Gives a complete temporary directory, with an `overlay` or a `merged.json` in it, its digest's name. An `overlay`
    /// that is there is kept and the new directory dropped: equal digests have equal content. What is there without one
    /// may not be the content of the layer everywhere, and is replaced.
    ///
    /// - Parameter mending: whether the layer has just been made of the new directory, so that an `overlay` with other
    ///   files is damaged, and replaced.
    package func install(_ temporary: FilePath, as digest: Digest, mending: Bool = false) throws {
        try attempt("couldn't put layer \(digest) in place") {
            try markUnsettled(temporary)
            do {
                try directory.rename(temporary, to: digest.directoryName, replacing: false)
            } catch let error where error.systemError == .fileExists {
                if try holdsOwnContent(of: digest), !mending || haveSameFiles(temporary, digest.directoryName) {
                    try directory.removeTree(temporary)
                } else {
                    try replace(digest.directoryName, with: temporary)
                }
            }
        }
    }

    /// Makes the content of `digest` the content of `alias` too: a relative symlink, since roots directories are
    /// bind-mounted elsewhere.
    ///
    /// - Parameter mending: whether the symlink takes the place of what `alias` has already, if that has other files.
    package func link(_ alias: Digest, to digest: Digest, mending: Bool = false) throws {
        guard alias != digest else { return }
        try attempt("couldn't link layer \(alias) to \(digest)") {
            do {
                try directory.makeSymlink(alias.directoryName, to: digest.directoryName)
            } catch let error where error.systemError == .fileExists {
                guard mending, !haveSameFiles(alias.directoryName, digest.directoryName) else { return }
                let temporary = Self.temporaryName()
                try directory.makeSymlink(temporary, to: digest.directoryName)
                try replace(alias.directoryName, with: temporary)
            }
        }
    }

    /// Whether two layers have the same files, as far as that can be said without reading them.
    private func haveSameFiles(_ one: FilePath, _ other: FilePath) -> Bool {
        let same = try? Directory(at: path.pushing(one).appending("overlay"))
            .hasSameFiles(as: Directory(at: path.pushing(other).appending("overlay")))
        return same ?? false
    }

    /// Removes a directory of content, and what it is a symlink to: whoever needs it has it unpacked again.
    func discard(_ name: FilePath) throws {
        var next: FilePath? = name
        while let name = next, Self.isContentName(name.string), try directory.status(name) != nil {
            next = try linkedName(name)
            let temporary = Self.temporaryName()
            try attempt("couldn't remove \(path.appending(name.string))") {
                // In one step: a directory of that name is complete.
                try directory.rename(name, to: temporary, replacing: false)
                try directory.removeTree(temporary)
            }
        }
    }

    /// Where a name leads that is a symlink.
    private func linkedName(_ name: FilePath) throws -> FilePath? {
        guard try directory.status(name)?.kind == .symlink else { return nil }
        return try directory.symlinkTarget(name)
    }

    /// Puts something temporary in the place of a directory or symlink. Whoever is killed meanwhile leaves one or the
    /// other under the name.
    private func replace(_ name: FilePath, with temporary: FilePath) throws {
        do {
            try directory.exchange(temporary, name)
            try directory.removeTree(temporary)
        } catch let error where error.systemError == .invalidArgument {
            // Not every file system can do that. With nothing under the name, the layer's blob is unpacked.
            let old = Self.temporaryName()
            try directory.rename(name, to: old, replacing: false)
            try directory.rename(temporary, to: name, replacing: false)
            try directory.removeTree(old)
        }
    }

    /// Removes what killed runs left under temporary names. Only for the holder of the lock.
    package func removeTemporaries() throws {
        for name in try directory.names() where name.string.hasPrefix(Self.temporaryPrefix) {
            try directory.removeTree(name)
        }
    }

    // MARK: - Layers of the recipe

    /// The storage of the recipe's layer `name`.
    package func layer(_ name: String) -> LayerDirectory {
        LayerDirectory(roots: self, name: name)
    }
}
