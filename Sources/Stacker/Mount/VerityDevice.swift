import Failure
import FileTree
import Glibc
import Host
import Layers
import SystemPackage

/// A device that has the kernel check each block of a layer, by dm-verity, when it is read.
///
/// It is beyond the check of the whole layer before it is mounted, and in place of none. veritysetup(8) makes it, and has
/// the kernel remove it with its last user, as loop devices are.
struct VerityDevice {
    /// What to mount.
    let path: FilePath
    /// Keeps the device until something has mounted it.
    private let file: OpenFile

    /// The device of a tree: the one that there is, or a new one. All that have a root hash in common have the same
    /// content, and only root can make one.
    ///
    /// - Returns: `nil` where the kernel has no device mapper, or veritysetup is not installed.
    /// - Throws: a failure if it can't be set up; nothing is left of it then.
    init?(over loop: LoopDevice, _ tree: ImageVerity) throws {
        guard FilePath("/dev/mapper/control").exists else { return nil }
        let name = "stacker-\(tree.rootHash)"
        path = FilePath("/dev/mapper").appending(name)
        if let existing = try? OpenFile(path, O_RDONLY) {
            file = existing
            return
        }
        let device = loop.path.string
        do {
            try Self.veritysetup("open", device, name, device, tree.rootHash, "--hash-offset=\(tree.offset)")
        } catch Errno.noSuchFileOrDirectory {
            return nil
        }
        do {
            file = try OpenFile(path, O_RDONLY)
            // It is open: this makes it go when it no longer is.
            try Self.veritysetup("close", "--deferred", name)
        } catch {
            try? Self.veritysetup("close", name)
            throw Failure("couldn't use \(path)", because: error)
        }
    }

    private static func veritysetup(_ arguments: String...) throws {
        // It waits for udev, which may be slow and is not for ever.
        let status = try ChildProcess.run(["veritysetup"] + arguments, patience: .seconds(120)).status
        guard status == 0 else {
            throw Failure("veritysetup \(arguments.joined(separator: " ")) ended with status \(status)")
        }
    }
}
