import Failure
import FileTree
import Glibc
import SystemPackage

/// An OCI image layout: a directory with `oci-layout`, `index.json` and `blobs/sha256/<hex>`.
///
/// [image-spec, image-layout.md](https://github.com/opencontainers/image-spec/blob/main/image-layout.md)
package struct Layout: Sendable {
    /// Where it is, for messages.
    package let path: FilePath
    let root: Directory
    static let indexName: FilePath = "index.json"
    static let markerName: FilePath = "oci-layout"
    /// The directory `blobs/sha256`.
    package let blobs: Directory
    let memory: IndexMemory

    /// Bounds on what is read into memory. A manifest of 4 MiB is what registries allow.
    enum Limit {
        static let manifest = 4 << 20
        static let index = 64 << 20
    }

    /// Opens a layout that is there.
    ///
    /// - Parameter help: what to do if there is none.
    package init(at path: FilePath, help: String = "name a directory that holds oci-layout and index.json") throws {
        switch try LayoutState(of: path, help: help) {
        case .layout: break
        case .absent, .empty, .unfinished: throw Failure("there is no OCI layout at \(path)", help: help)
        }
        try self.init(unchecked: path)
    }

    /// Opens the layout at `path`; one that does not exist, or an empty directory, becomes a layout without images.
    package init(openingOrCreating path: FilePath) throws {
        self = try LayoutWriter(openingOrCreating: path).layout
    }

    /// Opens what has the directories of a layout.
    init(unchecked path: FilePath) throws {
        self.path = path
        memory = IndexMemory()
        let root = try Directory(at: path)
        self.root = root
        blobs = try attempt("couldn't open the blobs of \(path)", help: "blobs/sha256 in it is to be a directory") {
            try root.makeDirectory("blobs", exclusive: false)
            let blobs = try root.directory("blobs")
            try blobs.makeDirectory("sha256", exclusive: false)
            return try blobs.directory("sha256")
        }
    }

    /// Makes the directories of a layout; those that are there are fine.
    static func makeDirectories(at path: FilePath) throws {
        try Directory.create(path.appending("blobs/sha256"))
    }

    /// Sees whether a layout can be made at `path` if there is nothing: by making a directory beside it, and removing that.
    package static func refuseImpossible(_ path: FilePath) throws {
        guard try LayoutState(of: path) == .absent else { return }
        var missing = path
        while case let parent = missing.removingLastComponent(), !parent.isEmpty, !parent.exists { missing = parent }
        try attempt("couldn't make OCI layout \(path)", help: LayoutState.expected) {
            // Not under its own name: another stacker may be about to make the layout.
            let name = missing.lastComponent?.string ?? "oci"
            let parent = missing.removingLastComponent()
            if let parent = try? Directory(at: parent) { Self.removeLeftovers(of: name, in: parent) }
            let probe = parent.pushing(.temporaryName(for: name))
            try Directory.create(probe)
            do {
                _ = try probe.withPlatformString { try checked(rmdir($0)) }
            } catch let error where error.systemError == .noSuchFileOrDirectory {}
        }
    }

    /// Removes what has been left beside a layout: a directory with which it was tried whether one can be made, or one that was about
    /// to be removed. That of a stacker which is killed stays; one that removes a layout has it locked. An empty one of somebody
    /// who lives is gone then, which is what they want with it.
    ///
    /// What can't be removed is in nobody's way.
    package static func removeLeftovers(of name: String, in parent: Directory) {
        for left in (try? parent.names()) ?? [] where left.isTemporary(for: name) {
            guard let directory = try? parent.directory(left), (try? directory.file.tryLock(.exclusive)) == true
            else { continue }
            try? parent.removeTree(left)
            directory.file.unlock()
        }
    }

    /// Opens the layout at `path`; `nil` if there is nothing, or an empty directory.
    ///
    /// - Throws: `Failure` if something else is there.
    package init?(ifThereAt path: FilePath) throws {
        guard try LayoutState(of: path) == .layout else { return nil }
        do {
            try self.init(unchecked: path)
        } catch {
            // A clean may have removed it in between.
            if try LayoutState(of: path) != .layout { return nil }
            throw error
        }
    }

    /// The images of the layout.
    package func index() throws -> ImageIndex { try withIndex { $0.index } }

    /// The image with this tag; `nil` if there is none.
    package func entry(tag: String) throws -> Descriptor? { try withIndex { $0.entry(tag: tag) } }

    func withIndex<Result: Sendable>(_ body: (KnownIndex) -> Result) throws -> Result {
        try attempt("couldn't read \(path)/index.json") { try memory.with(root) { body($0) } }
    }

    /// Whether both are the same one, opened once.
    package func isSame(as other: Layout) -> Bool { memory === other.memory }

    /// Whether it is still what has its path: nobody has put another directory there.
    package func isStillInPlace() throws -> Bool {
        guard let found = try ifUsable({ try FileStatus(at: path) }) else { return false }
        return try root.file.status().identity == found.identity
    }
}

/// What stands where a layout is expected.
package enum LayoutState: Sendable {
    case absent, empty, layout
    /// A layout whose making was broken off: there is no index, and no blob.
    case unfinished

    /// What can stand where images are written.
    package static let expected =
        "name an OCI layout (a directory with oci-layout and index.json), an empty directory, or a new name"

    /// Looks at `path`; anything but nothing, an empty directory or a layout is an error.
    ///
    /// - Parameter help: what was expected.
    package init(of path: FilePath, help: String = expected) throws {
        func wrong(_ what: String) -> Failure { Failure("\(path) exists but \(what)", help: help) }
        let directory: OpenFile
        do {
            directory = try OpenFile(path, O_RDONLY | O_DIRECTORY)
        } catch let error where error.systemError == .noSuchFileOrDirectory {
            self = .absent
            return
        } catch let error where error.systemError == .notDirectory && path.exists {
            throw wrong("is not a directory")
        } catch let error where error.systemError == .notDirectory {
            throw Failure("couldn't open OCI layout \(path)", because: Errno.notDirectory, help: help)
        } catch {
            throw Failure("couldn't open OCI layout \(path)", because: error)
        }
        let root = Directory(directory)
        let names = try attempt("couldn't read OCI layout \(path)") { try root.names() }
        if names.isEmpty {
            self = .empty
        } else if names.contains(Layout.indexName) && names.contains(Layout.markerName) {
            self = .layout
        } else if try root.isUnfinishedLayout(names) {
            self = .unfinished
        } else if try root.status(Layout.indexName) != nil, try root.status(Layout.markerName) != nil {
            // Another stacker has made it since the names were read.
            self = .layout
        } else if try root.status("blobs")?.kind == .directory {
            throw Failure(
                "\(path) exists but is no OCI layout yet: there are blobs, and no index.json",
                help: "wait for the program that is writing there; if there is none, remove it, or \(help)")
        } else {
            throw wrong("does not look like an OCI layout")
        }
    }
}

extension Directory {
    /// Whether these names, all that there are, are what the making of a layout has left that came to no end. After a power cut
    /// what was made last may be there, and not what was made before.
    fileprivate func isUnfinishedLayout(_ names: [FilePath]) throws -> Bool {
        let workshops = try Workshop.names(in: self)
        guard names.allSatisfy({ $0 == "blobs" || $0 == Layout.markerName || workshops.contains($0) }) else {
            return false
        }
        guard names.contains("blobs") else { return !workshops.isEmpty }
        guard let blobs = try ifUsable({ try directory("blobs") }), try blobs.names().allSatisfy({ $0 == "sha256" })
        else {
            return false
        }
        return try blobs.status("sha256") == nil || blobs.directory("sha256").names().isEmpty
    }
}
