import Failure
public import FileTree
import Glibc
public import SystemPackage

/// An OCI image layout: a directory with `oci-layout`, `index.json` and `blobs/sha256/<hex>`.
///
/// [image-spec, image-layout.md](https://github.com/opencontainers/image-spec/blob/main/image-layout.md)
public struct Layout: Sendable {
    /// Where it is, for messages.
    public let path: FilePath
    let root: Directory
    /// The directory `blobs/sha256`.
    public let blobs: Directory

    /// Bounds on what is read into memory. A manifest of 4 MiB is what registries allow.
    enum Limit {
        static let manifest = 4 << 20
        static let index = 64 << 20
    }

    /// Opens a layout that is there.
    public init(at path: FilePath) throws {
        self.path = path
        let help = "name a directory that holds oci-layout and index.json"
        switch try LayoutState(of: path, help: help) {
        case .layout: break
        case .absent, .empty: throw Failure("there is no OCI layout at \(path)", help: help)
        }
        root = try Directory(at: path)
        try root.makeDirectory("blobs", exclusive: false)
        let blobs = try root.directory("blobs")
        try blobs.makeDirectory("sha256", exclusive: false)
        self.blobs = try blobs.directory("sha256")
    }

    /// Opens the layout at `path`; one that does not exist, or an empty directory, becomes a layout without images.
    public init(openingOrCreating path: FilePath) throws {
        if try LayoutState(of: path) != .layout {
            let root = try Directory(creating: path)
            try root.makeDirectory("blobs", exclusive: false)
            try root.directory("blobs").makeDirectory("sha256", exclusive: false)
            try root.replaceFile("oci-layout", with: #"{"imageLayoutVersion":"1.0.0"}"#.utf8)
            // Last: a directory is taken for a layout from the moment it has an index.
            try root.replaceFile("index.json", with: JSON.encode(ImageIndex()))
        }
        try self.init(at: path)
    }

    /// Sees whether a layout can be made at `path` if there is nothing: by making the directory, and removing it again.
    public static func refuseImpossible(_ path: FilePath) throws {
        guard try LayoutState(of: path) == .absent else { return }
        var missing = path
        while case let parent = missing.removingLastComponent(), !parent.isEmpty, !exists(parent) { missing = parent }
        try attempt("couldn't make OCI layout \(path)", help: LayoutState.expected) {
            try Directory.create(missing)
            _ = try missing.withPlatformString { try checked(rmdir($0)) }
        }
    }

    fileprivate static func exists(_ path: FilePath) -> Bool {
        var status = stat()
        return path.withPlatformString { stat($0, &status) } == 0
    }

    /// Opens the layout at `path`; `nil` if there is nothing, or an empty directory.
    ///
    /// - Throws: `Failure` if something else is there.
    public init?(ifThereAt path: FilePath) throws {
        guard try LayoutState(of: path) == .layout else { return nil }
        try self.init(at: path)
    }

    /// The images of the layout.
    public func index() throws -> ImageIndex {
        try attempt("couldn't read \(path)/index.json") {
            guard let bytes = try root.readFile("index.json", limit: Limit.index) else {
                throw Errno.noSuchFileOrDirectory
            }
            return try JSON.decode(ImageIndex.self, from: bytes)
        }
    }

    /// Replaces `index.json` in one step.
    public func replaceIndex(_ index: ImageIndex) throws {
        try attempt("couldn't update \(path)") {
            try root.replaceFile("index.json", with: JSON.encode(index), durable: true)
        }
    }

    /// Changes `index.json` in one step; it is not written if it stays the same.
    public func updateIndex(_ change: (inout ImageIndex) -> Void) throws {
        let index = try index()
        var changed = index
        change(&changed)
        if changed != index { try replaceIndex(changed) }
    }
}

/// What stands where a layout is expected.
public enum LayoutState: Sendable {
    case absent, empty, layout

    /// What can stand where images are written.
    public static let expected =
        "name an OCI layout (a directory with oci-layout and index.json), an empty directory, or a new name"

    /// Looks at `path`; anything but nothing, an empty directory or a layout is an error.
    ///
    /// - Parameter help: what was expected.
    public init(of path: FilePath, help: String = expected) throws {
        func wrong(_ what: String) -> Failure { Failure("\(path) exists but \(what)", help: help) }
        let directory: OpenFile
        do {
            directory = try OpenFile(path, O_RDONLY | O_DIRECTORY)
        } catch Errno.noSuchFileOrDirectory {
            self = .absent
            return
        } catch Errno.notDirectory where Layout.exists(path) {
            throw wrong("is not a directory")
        } catch Errno.notDirectory {
            throw Failure("couldn't open OCI layout \(path)", because: Errno.notDirectory, help: help)
        } catch {
            throw Failure("couldn't open OCI layout \(path)", because: error)
        }
        let names = try Directory(directory).names()
        if names.isEmpty {
            self = .empty
        } else if names.contains("index.json") && names.contains("oci-layout") {
            self = .layout
        } else {
            throw wrong("does not look like an OCI layout")
        }
    }
}
