import Failure
import FileTree
import Glibc
import Host
import Layers
import OCI
import SystemPackage

/// A device that has the kernel check each block of a layer, by dm-verity, when it is read.
///
/// It is beyond the check of the whole layer before it is mounted, and in place of none. veritysetup(8) makes it, and has
/// the kernel remove it with its last user, as loop devices are. It has the name that the original's has, by which scripts
/// and tools look for it.
struct VerityDevice {
    /// What to mount.
    let path: FilePath
    /// Keeps the device until something has mounted it.
    private let file: OpenFile

    private static func name(of layer: Digest) -> String { "\(layer.hex)-verity" }
    private static func path(of layer: Digest) -> FilePath { FilePath("/dev/mapper").appending(name(of: layer)) }

    /// The device of a layer that there is already: all of its mounts share one.
    ///
    /// Its name says nothing of what it shows, but the kernel knows the root hash that it checks by.
    ///
    /// - Returns: `nil` if there is none.
    /// - Throws: a failure if there is one that is not the layer's.
    init?(existingOf layer: Digest, _ tree: ImageVerity) throws {
        path = Self.path(of: layer)
        guard let existing = try? OpenFile(path, O_RDONLY) else { return nil }
        file = existing
        let found = try Self.rootHash(of: Self.name(of: layer))
        guard found == tree.rootHash else {
            throw Failure(
                "invalid root hash: \(path), which is there already, is checked by \(found ?? "none"), not \(tree.rootHash)",
                help: "find out who made it; veritysetup close \(Self.name(of: layer)) removes it when nothing uses it")
        }
    }

    /// A new device of a layer. Only root can make one.
    ///
    /// - Returns: `nil` where the kernel has no device mapper, or veritysetup is not installed.
    /// - Throws: a failure if it can't be set up; nothing is left of it then.
    init?(of layer: Digest, over loop: LoopDevice, _ tree: ImageVerity) throws {
        guard try FilePath("/dev/mapper/control").isThere() else { return nil }
        let name = Self.name(of: layer)
        path = Self.path(of: layer)
        let device = loop.path.string
        do {
            try Self.veritysetup("open", device, name, device, tree.rootHash, "--hash-offset=\(tree.offset)")
        } catch let error where error.systemError == .noSuchFileOrDirectory {
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

    /// How often, and how many microseconds apart, one that has no table yet is asked again: another stacker is making it.
    private static let questions = 50
    private static let pause: UInt32 = 100_000

    /// What the kernel checks a device by; `nil` if it is none of dm-verity's.
    private static func rootHash(of name: String) throws -> String? {
        var question = 1
        while true {
            let lines = try ask("status", name).text.split(separator: "\n")
            let facts = lines.map { $0.split(separator: ":", maxSplits: 1).map { $0.trimmingPrefix { $0 == " " } } }
            if facts.contains(where: { $0.first == "type" }) || question == questions {
                return facts.first { $0.first == "root hash" && $0.count == 2 }.map { String($0[1]) }
            }
            question += 1
            usleep(pause)
        }
    }

    private static func veritysetup(_ arguments: String...) throws {
        let status = try ask(arguments).status
        guard status == 0 else {
            throw Failure("veritysetup \(arguments.joined(separator: " ")) ended with status \(status)")
        }
    }

    private static func ask(_ arguments: String...) throws -> ChildProcess.Outcome { try ask(arguments) }

    /// It waits for udev, which may be slow and is not for ever.
    private static func ask(_ arguments: [String]) throws -> ChildProcess.Outcome {
        try ChildProcess.run(["veritysetup"] + arguments, patience: .seconds(120))
    }
}
