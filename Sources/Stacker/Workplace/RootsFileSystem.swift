import CSyscalls
import Failure
import FileTree
import Glibc
import Layers
import SystemPackage

/// The file system that the roots directory is on, or will be on.
struct RootsFileSystem {
    /// The roots directory.
    let path: FilePath
    let nearest: NearestDirectory
    let fileSystem: FileSystem

    /// Those that overlayfs never accepts for an upperdir.
    private static let unfit: Set = ["nfs", "overlay", "cifs", "smb2", "vfat", "exfat"]
    private static let advice = "name another with --roots-dir: ext4, xfs and btrfs do, tmpfs from Linux 6.6 on"

    /// Refuses what no overlay can be on.
    func refuseUnfit() throws {
        if Self.unfit.contains(fileSystem.name) {
            throw Failure(
                "the roots directory \(path) is on \(fileSystem.name), where overlayfs can't keep changes",
                help: Self.advice)
        }
        // What FUSE can do is up to the program behind it.
        if fileSystem.name == "fuse" {
            try attempt("the roots directory \(path) is on FUSE and can't hold an overlay", help: Self.advice) {
                try withProbe { probe in
                    try attempt("couldn't make a hard link") { try Self.tryLink(in: probe) }
                    try attempt("couldn't make a whiteout") { try Self.tryWhiteout(in: probe) }
                    try attempt("couldn't set a user xattr") { try Self.tryAttribute(of: probe) }
                    if geteuid() == 0 {
                        try attempt("the kernel refuses it under an overlay") { try Self.tryOverlay(in: probe) }
                    }
                }
            }
        }
    }

    /// What a user should know before a build starts; `nil` if nothing.
    ///
    /// - Parameter overflow: what the build does about a file with more names than can be.
    func warning(_ overflow: HardLinkOverflow) -> String? {
        guard fileSystem.runsOutOfLinks else { return nil }
        let files =
            switch overflow {
            case .split: "files with many names are split into copies"
            case .error: "a base with a file of many names can't be unpacked"
            }
        return "the roots directory \(path) is on \(fileSystem): \(files), and a script can't delete many files of one "
            + "directory; \(fileSystem.linkRemedy)"
    }

    /// Gives a file a second name.
    static func tryLink(in directory: Directory) throws {
        _ = try directory.open("file", O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
        let number = directory.file.number
        try checked(linkat(number, "file", number, "link", 0))
    }

    /// Makes a whiteout.
    static func tryWhiteout(in directory: Directory) throws {
        try checked(mknodat(directory.file.number, "whiteout", S_IFCHR, 0))
    }

    /// Marks a directory opaque.
    static func tryAttribute(of directory: Directory) throws {
        try directory.setAttribute(OverlayAttribute.opaque, of: ".")
    }

    /// Has the kernel set an overlay up that is never mounted anywhere.
    static func tryOverlay(in directory: Directory) throws {
        for name in ["lower", "upper", "work"] { _ = try directory.makePlainDirectory(FilePath(name)) }
        let path = "/proc/self/fd/\(directory.file.number)"
        try checked(stacker_try_overlay("\(path)/lower", "\(path)/upper", "\(path)/work"))
    }

    /// Refuses a kernel that lets an ordinary user make no overlay here: before Linux 5.11 only root could.
    func refuseWithoutOverlay() throws {
        try attempt(
            "the kernel makes no overlay in the roots directory \(path) for an ordinary user",
            help: "that takes Linux 5.11 or later; stacker check says more"
        ) {
            try withProbe { probe in
                try Self.tryWhiteout(in: probe)
                try Self.tryOverlay(in: probe)
            }
        }
    }

    /// Runs `body` on an empty directory on this file system, and removes that.
    func withProbe(_ body: (Directory) throws -> Void) throws {
        try nearest.withProbe { probe, _ in try body(probe) }
    }
}

extension RootsFileSystem {
    /// Looks at the directory, or where it will be.
    init(_ path: FilePath) throws {
        let nearest = try NearestDirectory(path)
        self.init(path: path, nearest: nearest, fileSystem: try FileSystem(of: nearest.directory.file))
    }
}
