import FileTree
import Glibc
import SystemPackage

/// What AppArmor means for a container.
enum AppArmor {
    /// The profile that liblxc asks for by itself where there are cgroup namespaces, as there are since Linux 4.6.
    private static let profile = "lxc-container-default-cgns"

    /// Whether the config has to opt out: AppArmor is on, and liblxc's default profile is not loaded, so that liblxc
    /// would refuse to start. An ordinary user can't tell, and has none: in a user namespace liblxc applies no profile of the
    /// machine's. Where AppArmor is off, liblxc may not know the key at all.
    static func mustBeDisabled() throws -> Bool {
        try read("/sys/module/apparmor/parameters/enabled").hasPrefix("Y")
            && !read("/sys/kernel/security/apparmor/profiles").split(separator: "\n").contains {
                // With its mode, "(enforce)", behind it.
                $0.prefix { $0 != " " } == profile
            }
    }

    /// - Returns: nothing, if the kernel has no such file or this user may not read it.
    private static func read(_ path: FilePath) throws -> String {
        do {
            return String(decoding: try OpenFile(path, O_RDONLY).readToEnd(limit: 4 << 20), as: UTF8.self)
        } catch let error
            where error.isSystemError(.noSuchFileOrDirectory, .notDirectory, .permissionDenied, .notPermitted)
        {
            return ""
        }
    }
}
