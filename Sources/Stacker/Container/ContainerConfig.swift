import Failure
import OrderedCollections
import SystemPackage

/// What a container is made of: the value behind an LXC config file.
struct ContainerConfig: Sendable {
    /// The layer's name, for messages and the log's name.
    var name: String
    /// The directories below, top first, absolute.
    var lowerdirs: [FilePath]
    /// Where changes go, absolute.
    var upperdir: FilePath
    /// An existing directory on which the root file system is mounted.
    var rootfs: FilePath
    /// What is mounted in it, in this order.
    var mounts: [ContainerMount]
    /// The environment of the program.
    var environment: OrderedDictionary<String, String>
    /// Keep standard input and the terminal; otherwise the program reads /dev/null and leads a session of its own.
    var terminal = false
}

/// A file or directory of this machine that is seen in the container.
struct ContainerMount: Sendable, Equatable {
    /// The path on this machine, absolute.
    var source: FilePath
    /// The path in the container without symlinks, relative to its root.
    var target: FilePath
    var isDirectory = true
    var isReadOnly = false
}

extension ContainerConfig {
    /// The config file.
    ///
    /// - Parameters:
    ///   - lowerdirs: the names of the lowerdirs, as they are seen from liblxc's working directory. liblxc hands all of
    ///     them to mount(2) in one string, which the kernel cuts at a page: they have to be short.
    ///   - log: where liblxc writes its trace.
    func text(lowerdirs: [String], log: FilePath) throws -> String {
        let root = ["overlayfs"] + lowerdirs.map(Self.rootfsEscaped) + [Self.rootfsEscaped(upperdir.string)]
        var items = [
            ("lxc.rootfs.path", "overlay:\(root.joined(separator: ":"))"),
            // So that opaque directories are marked the same way as root and in a user namespace.
            ("lxc.rootfs.options", "userxattr"),
            ("lxc.rootfs.mount", rootfs.string),
            ("lxc.mount.auto", "proc:mixed"),
            ("lxc.autodev", "1"),
            ("lxc.pty.max", "1024"),
            ("lxc.mount.entry", "none dev/shm tmpfs defaults,create=dir 0 0"),
        ]
        items += mounts.map { ("lxc.mount.entry", $0.entry) }
        items += [
            ("lxc.uts.name", "stacker"),
            // The host's network.
            ("lxc.net.0.type", "none"),
            // The program's output goes where stacker's goes; liblxc would connect it to a pty of its own.
            ("lxc.console.path", "none"),
        ]
        items += environment.filter { Self.fitsConfig($0.value) }.map { ("lxc.environment", "\($0.key)=\($0.value)") }
        items += [("lxc.log.level", "TRACE"), ("lxc.log.file", log.string)]
        if let item = items.first(where: { $0.1.utf8.contains(0x0a) }) {
            throw Failure("couldn't write the container's config: \(item.0) would hold a line break: \(item.1)")
        }
        return items.map { "\($0.0) = \($0.1)\n" }.joined()
    }

    /// The variables that a config file can't carry, each `NAME=value`.
    var otherEnvironment: [String] {
        environment.filter { !Self.fitsConfig($0.value) }.map { "\($0.key)=\($0.value)" }
    }

    /// liblxc takes a config file apart by lines, and takes white space and quotes off the ends of values.
    private static func fitsConfig(_ value: String) -> Bool {
        let ends = [value.utf8.first, value.utf8.last].compactMap(\.self)
        return !value.utf8.contains(0x0a) && !ends.contains { [0x20, 0x09, 0x22, 0x27].contains($0) }
    }

    private static func rootfsEscaped(_ path: String) -> String {
        path.replacing(":", with: "\\:").replacing(",", with: "\\,")
    }
}

extension ContainerMount {
    /// A line of fstab(5), in which white space and backslashes are octal.
    fileprivate var entry: String {
        let options = ["rbind", isReadOnly ? "ro" : nil, "create=\(isDirectory ? "dir" : "file")"].compactMap(\.self)
        return "\(Self.escaped(source)) \(Self.escaped(target)) none \(options.joined(separator: ",")) 0 0"
    }

    private static func escaped(_ path: FilePath) -> String {
        path.string.replacing("\\", with: "\\134").replacing(" ", with: "\\040").replacing("\t", with: "\\011")
            .replacing("\n", with: "\\012")
    }
}
