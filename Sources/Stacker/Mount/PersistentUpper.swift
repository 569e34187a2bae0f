import Failure
import FileTree
import Glibc
import SystemPackage

/// A directory in which what is written to an image stays: `upper` has it, and `work` is overlayfs's.
struct PersistentUpper {
    private let path: FilePath
    private let directory: Directory

    private static let upper: FilePath = "upper"
    /// As long as the upperdir is not what it has to be.
    private static let unfinished: FilePath = ".upper.tmp"
    private static let work: FilePath = "work"

    /// Makes the directory where it is missing.
    ///
    /// - Throws: a failure also if an image is mounted with it: overlayfs would let two of them spoil each other's files.
    init(at path: FilePath) throws {
        try Directory.create(path)
        self.path = try path.resolved()
        directory = try Directory(at: self.path)
        guard try directory.status(Self.upper) != nil else { return }
        let option = "upperdir=\(try name)"
        if let user = try MountTable().entries.first(where: { $0.isOurs && $0.options.contains(option) }) {
            throw Failure(
                "\(self.path) is in use: \(user.mountPoint) is mounted with it",
                help: "stacker umount \(user.mountPoint)")
        }
    }

    /// What the upperdir is called among the options of the mount: the mount table says by that which one is in use.
    private var name: FilePath {
        get throws {
            let status = try directory.directory(Self.upper).file.status()
            return FilePath("upper-\(status.device)-\(status.inode)")
        }
    }

    /// Makes both directories where they are missing, and short names for them in the one that the overlay is mounted
    /// from.
    ///
    /// - Parameter root: the root directory of the image: an overlay shows the owner and mode of the upperdir's.
    /// - Returns: the name of the upperdir.
    func link(in here: Directory, like root: FilePath) throws -> FilePath {
        try directory.makeDirectory(Self.work, exclusive: false)
        if try directory.status(Self.upper) == nil {
            try directory.makeDirectory(Self.unfinished, exclusive: false)
            try directory.directory(Self.unfinished).takeMetadata(of: Directory(at: root))
            try directory.rename(Self.unfinished, to: Self.upper)
        }
        let name = try name
        try here.makeSymlink(name, to: path.pushing(Self.upper))
        try here.makeSymlink("work", to: path.pushing(Self.work))
        return name
    }
}
