import FileTree
import Glibc
import SystemPackage

/// What AppArmor means for a container.
enum AppArmor {
    /// Whether the config has to opt out: AppArmor is on, and liblxc's default profile is not loaded, so that liblxc
    /// would refuse to start. Where AppArmor is off, liblxc may not know the key at all.
    static var mustBeDisabled: Bool {
        read("/sys/module/apparmor/parameters/enabled").hasPrefix("Y")
            && !read("/sys/kernel/security/apparmor/profiles").contains("lxc-container-default")
    }

    private static func read(_ path: FilePath) -> String {
        guard let file = try? OpenFile(path, O_RDONLY), let bytes = try? file.readToEnd(limit: 4 << 20) else {
            return ""
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
