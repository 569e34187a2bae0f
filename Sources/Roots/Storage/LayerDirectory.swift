import Failure
import FileTree
import Glibc
import Layers
import OCI
import SystemPackage

/// The storage of one layer of the recipe under the roots directory.
package struct LayerDirectory: Sendable {
    /// The roots directory that it is in.
    package let roots: RootsDirectory
    /// The layer.
    package let name: String

    /// Where it is.
    package var path: FilePath { roots.path.appending(name) }
    /// The upperdir.
    package var upperdir: FilePath { path.appending("overlay") }
    /// The mount point inside the build.
    package var rootfs: FilePath { path.appending("rootfs") }
    /// What a run needs to mount on and the image lacks.
    package var targets: FilePath { path.appending("targets") }
    private static let metadataName: FilePath = "overlay_metadata.json"
    private static let baseName: FilePath = "overlay_base.json"
    private static let overlayDirectoriesName: FilePath = "overlay_dirs"
    private static let buildName: FilePath = "build"

    /// Empties the storage: no upperdir content, no metadata.
    ///
    /// - Parameter build: what ``build`` is to be from now on; something new if `nil`.
    package func reset(for build: String? = nil) throws {
        try attempt("couldn't clear \(path)") {
            // In one step: what is half removed has no name under which anybody looks for it.
            let old = RootsDirectory.temporaryName()
            do {
                try roots.directory.rename(FilePath(name), to: old, replacing: false)
                try roots.directory.removeTree(old)
            } catch let error where error.systemError == .noSuchFileOrDirectory {}
            let directory = try roots.directory.makePlainDirectory(
                FilePath(name), elsewhereBy: RootsDirectory.temporaryName())
            try directory.makeSymlink(Self.buildName, to: FilePath(build ?? Digest.unique().hex))
            try directory.makePlainDirectory("overlay")
            try directory.makePlainDirectory("rootfs")
        }
    }

    /// Which build has made what is there: since it was begun, no other one has changed the storage. A power cut may leave what
    /// is known of an earlier one beside it. `nil` if that is not said.
    package var build: String? {
        (try? roots.directory.symlinkTarget(FilePath(name).pushing(Self.buildName)))?.string
    }

    /// Whether the upperdir is there.
    package var hasUpperdir: Bool { get throws { try upperdir.isThere() } }

    /// Whether somebody has removed the storage of a layer that was built, or what says of what it is.
    package var isGone: Bool { get throws { try !hasUpperdir || !metadataPath.isThere() } }

    /// One of the layer's overlay dirs.
    package func overlayDirectory(_ name: String) -> FilePath {
        path.appending(Self.overlayDirectoriesName.string).appending(name)
    }

    /// Makes an empty directory for an overlay dir.
    package func makeOverlayDirectory(_ name: String) throws -> Directory {
        try attempt("couldn't make \(overlayDirectory(name))") {
            let layer = try roots.directory.directory(FilePath(self.name))
            return try layer.makePlainDirectory(Self.overlayDirectoriesName, exclusive: false)
                .makePlainDirectory(FilePath(name))
        }
    }

    /// Whether the copy of an overlay dir is there.
    package func holds(_ copy: OverlayDirectoryCopy) throws -> Bool { try place(of: copy).isThere() }

    /// Where in the storage the copied directory is.
    package func place(of copy: OverlayDirectoryCopy) -> FilePath {
        overlayDirectory(copy.name).pushing(FilePath(copy.destination))
    }

    /// Whether somebody has removed something of an overlay dir's copy, and not all of it.
    package func isDamaged(_ copy: OverlayDirectoryCopy) throws -> Bool {
        try overlayDirectory(copy.name).isThere() && !holds(copy)
    }

    /// Removes the layers that overlay dirs have become and that are damaged: a layer that is not there is made anew,
    /// for this one and for others that have it.
    package func discardDamagedOverlayDirectories() throws {
        for copy in try ifUsable({ try metadata() })??.overlayDirectories ?? [] where try isDamaged(copy) {
            let parent = try roots.directory.directory(FilePath(name).pushing(Self.overlayDirectoriesName))
            guard let place = try Self.keptPlace(FilePath(copy.name), in: parent),
                let content = FilePath(place).components.first
            else { continue }
            try roots.discard(FilePath(root: nil, [content]))
        }
    }

    /// Moves the upperdir to its digest's directory and leaves an empty one.
    ///
    /// - Returns: as ``moveOverlayDirectory(_:to:)``.
    func moveUpperdir(to digest: Digest) throws -> Bool {
        try attempt("couldn't move \(upperdir) to \(roots.contentPath(of: digest))") {
            let layer = try roots.directory.directory(FilePath(name))
            let isNew = try move("overlay", of: layer, to: digest)
            try layer.makePlainDirectory("overlay")
            return isNew
        }
    }

    /// Moves an overlay dir to its digest's directory and leaves a relative symlink to it: building this layer anew
    /// removes the symlink only, and others may share the directory.
    ///
    /// - Returns: whether the digest's directory has this content now. Otherwise it was moved before, for another image,
    ///   and what is under the digest may be another directory.
    func moveOverlayDirectory(_ name: String, to digest: Digest) throws -> Bool {
        try attempt("couldn't move \(overlayDirectory(name)) to \(roots.contentPath(of: digest))") {
            let parent = try roots.directory.directory(FilePath(self.name).pushing(Self.overlayDirectoriesName))
            let isNew = try move(FilePath(name), of: parent, to: digest)
            try parent.makeSymlink(FilePath(name), to: Self.overlayDirectoryTarget(digest))
            return isNew
        }
    }

    /// Makes the content of a layer an overlay dir of this one.
    package func linkOverlayDirectory(_ name: String, to digest: Digest) throws {
        try attempt("couldn't link \(overlayDirectory(name)) to \(roots.contentPath(of: digest))") {
            let layer = try roots.directory.directory(FilePath(self.name))
            try layer.makePlainDirectory(Self.overlayDirectoriesName, exclusive: false)
                .makeSymlink(FilePath(name), to: Self.overlayDirectoryTarget(digest))
        }
    }

    /// Which layer an overlay dir has become; `nil` as long as it is not encoded, or if there was nothing in it.
    package func digest(ofOverlayDirectory name: String) throws -> Digest? {
        try attempt("couldn't look at \(overlayDirectory(name))") {
            let parent = try roots.directory.directory(FilePath(self.name).pushing(Self.overlayDirectoriesName))
            guard try parent.status(FilePath(name))?.kind == .symlink else { return nil }
            let components = try parent.symlinkTarget(FilePath(name)).components
            return components.lazy.compactMap { Digest(directoryName: $0.string) }.first
        }
    }

    private static func overlayDirectoryTarget(_ digest: Digest) -> FilePath {
        FilePath("../..").pushing(digest.directoryName).appending("overlay")
    }

    private func move(_ name: FilePath, of parent: Directory, to digest: Digest) throws -> Bool {
        let temporary = try roots.makeTemporary()
        let storage = try roots.directory.directory(temporary)
        let place = try Self.keptPlace(name, in: parent)
        if let place {
            try MergedLayer([place]).write(to: storage)
            try parent.remove(name)
        } else {
            try parent.rename(name, to: "overlay", in: storage)
        }
        // The place may be in the directory that has the digest's name: that one stays.
        try roots.install(temporary, as: digest, mending: place == nil)
        return place == nil
    }

    /// Moves the upperdir to where it stays, whatever is built later, and leaves a relative symlink to it.
    ///
    /// - Returns: where it is, relative to the roots directory.
    func keepUpperdir() throws -> String {
        try attempt("couldn't move \(upperdir)") {
            try keep("overlay", of: roots.directory.directory(FilePath(name)), linkedBy: "..")
        }
    }

    /// The same with an overlay dir.
    func keepOverlayDirectory(_ name: String) throws -> String {
        try attempt("couldn't move \(overlayDirectory(name))") {
            let parent = try roots.directory.directory(FilePath(self.name).pushing(Self.overlayDirectoriesName))
            return try keep(FilePath(name), of: parent, linkedBy: "../..")
        }
    }

    /// - Parameter up: the way from the parent directory to the roots directory.
    private func keep(_ name: FilePath, of parent: Directory, linkedBy up: FilePath) throws -> String {
        if let place = try Self.keptPlace(name, in: parent) { return place }
        let temporary = try roots.makeTemporary()
        try parent.rename(name, to: "overlay", in: roots.directory.directory(temporary))
        // Nobody else's, ever: what refers to it finds this content, or nothing.
        let place = FilePath(RootsDirectory.partPrefix + Digest.unique().hex)
        try roots.directory.rename(temporary, to: place, replacing: false)
        try parent.makeSymlink(name, to: up.pushing(place).appending("overlay"))
        return place.appending("overlay").string
    }

    /// Where the directory is, relative to the roots directory, if it was moved before.
    private static func keptPlace(_ name: FilePath, in parent: Directory) throws -> String? {
        guard try parent.status(name)?.kind == .symlink else { return nil }
        let target = try parent.symlinkTarget(name)
        return FilePath(root: nil, target.components.drop { $0.kind == .parentDirectory }).string
    }

    /// Leaves an empty upperdir, whatever there was.
    func clearUpperdir() throws {
        try attempt("couldn't clear \(upperdir)") {
            let layer = try roots.directory.directory(FilePath(name))
            try layer.removeTree("overlay")
            try layer.makePlainDirectory("overlay")
        }
    }

    /// What the layer was built on and came out as; `nil` if it never was built.
    package func metadata() throws -> OverlayMetadata? {
        try read(Self.metadataName)
    }

    /// What the build that was begun last stands on, be it finished or not; `nil` if it did not come that far.
    package func base() throws -> OverlayMetadata? {
        try read(Self.baseName)
    }

    /// The metadata as they were written: of build_only layers below that have been encoded since, they know nothing.
    package func writtenMetadata() throws -> OverlayMetadata? {
        try readWritten(Self.metadataName)
    }

    private func read(_ file: FilePath) throws -> OverlayMetadata? {
        try readWritten(file)?.settled(in: roots)
    }

    private func readWritten(_ file: FilePath) throws -> OverlayMetadata? {
        let bytes = try attempt("couldn't read \(path)/\(file)") {
            try roots.directory.readFile(FilePath(name).appending(file.string), limit: 64 << 20)
        }
        guard let bytes else { return nil }
        return try attempt("couldn't understand \(path)/\(file)") {
            try JSON.decode(OverlayMetadata.self, from: bytes)
        }
    }

    /// Whether the metadata can be understood, if there are any. A crash of the machine can leave others: what they said
    /// is not known any more, and a build makes them anew.
    ///
    /// - Parameters:
    ///   - understood: the digest of metadata that could be; it becomes that of these.
    ///   - hash: the digest of a file.
    package func understandsMetadata(_ understood: inout Digest?, _ hash: (OpenFile) throws -> Digest) throws -> Bool {
        try attempt("couldn't read \(metadataPath)") {
            let name = FilePath(name).appending(Self.metadataName.string)
            let file: OpenFile
            do {
                file = try roots.directory.open(name, O_RDONLY | O_NONBLOCK)
            } catch let error where error.systemError == .noSuchFileOrDirectory {
                return true
            }
            guard try file.status().kind == .regular else { throw Failure("\(name) is no file") }
            let digest = try hash(file)
            if digest == understood { return true }
            guard let bytes = try roots.directory.readFile(name, limit: 64 << 20),
                (try? JSON.decode(OverlayMetadata.self, from: bytes)) != nil
            else { return false }
            understood = digest
            return true
        }
    }

    /// The file that says what the layer was built on and came out as.
    package var metadataPath: FilePath { path.appending(Self.metadataName.string) }

    /// Writes the metadata in one step.
    ///
    /// - Returns: the digest of what was written.
    @discardableResult
    package func write(_ metadata: OverlayMetadata) throws -> Digest {
        let bytes = try JSON.encode(metadata)
        try storage().replaceFile(Self.metadataName, with: bytes)
        return Digest(of: bytes)
    }

    /// Lets the layer be in images of further types, too. See ``OverlayMetadata/add(_:)``.
    package func add(_ types: [LayerType]) throws {
        var base = try readWritten(Self.baseName)
        base?.add(types)
        if let base { try writeBase(base) }
        guard var metadata = try writtenMetadata() else { return }
        metadata.add(types, on: base)
        try write(metadata)
    }

    /// Writes what the build that begins stands on: who looks for the cause of a failure finds it.
    package func writeBase(_ metadata: OverlayMetadata) throws {
        try storage().replaceFile(Self.baseName, with: JSON.encode(metadata))
    }

    private func storage() throws -> Directory {
        try attempt("couldn't open \(path)") { try roots.directory.directory(FilePath(name)) }
    }
}
