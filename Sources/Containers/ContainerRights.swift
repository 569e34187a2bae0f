import Host
import SystemPackage

/// What a program may do in a container, and as whom. As it begins, it is what a build's script has: all that the caller's
/// root has, and the host's network.
package struct ContainerRights: Sendable {
    /// The user namespace that the container is in, with all that its files are; the caller's if `nil`. Directories that the
    /// container is made of have to be in reach of that namespace's root.
    package var namespace: UserNamespace?
    /// The user of the program, as the container knows it.
    package var user = ContainerUser()
    /// An existing directory of the container in which the program starts, absolute and without symlinks; its root if `nil`.
    package var workingDirectory: FilePath?
    /// Whether the container has the host's network; else it has a loopback device and nothing else.
    package var hasHostNetwork = true
    /// The capabilities that root can have in the container, as capabilities(7) calls them, in small letters and without
    /// `cap_`; all if `nil`.
    package var capabilities: [String]?

    /// Those of a build's script.
    package init() {}
}

/// A user in a container.
package struct ContainerUser: Sendable, Equatable {
    /// The user id.
    package var uid: UInt32 = 0
    /// The group id.
    package var gid: UInt32 = 0
    /// Supplementary groups.
    package var groups: [UInt32] = []

    /// Root.
    package init() {}

    /// Some user.
    package init(uid: UInt32, gid: UInt32, groups: [UInt32]) {
        (self.uid, self.gid, self.groups) = (uid, gid, groups)
    }
}

extension ContainerRights {
    /// Lines of the LXC config file: keys and values that need no quotes.
    var settings: [(key: String, value: String)] {
        var settings: [(key: String, value: String)] = []
        if let capabilities {
            settings.append(("lxc.cap.keep", capabilities.isEmpty ? "none" : capabilities.joined(separator: " ")))
        }
        guard user != ContainerUser() else { return settings }
        settings += [("lxc.init.uid", "\(user.uid)"), ("lxc.init.gid", "\(user.gid)")]
        if !user.groups.isEmpty {
            settings.append(("lxc.init.groups", user.groups.map(String.init).joined(separator: ",")))
        }
        return settings
    }
}
