import Failure
import FileTree

/// Which extended attributes a layer carries, in both directions:
///
/// - `user.*`, `trusted.*`, `security.capability`, `security.ima`, and POSIX ACLs (`system.posix_acl_access`, `…_default`);
/// - nothing of overlayfs (`user.overlay.*`, `trusted.overlay.*`): on the way out they are said as whiteouts, on the
///   way in they would be a stranger's redirects;
/// - not `security.selinux`, `security.evm` and the like: they belong to the policy of one host.
///
/// `trusted.*` are root's: who is not root does not see them, and cannot set them.
package enum CarriedAttributes {
    /// Whether a layer carries attributes of this name.
    package static func carries(_ name: AttributeName) -> Bool {
        others.contains(name) || (namespaces.contains(where: name.hasPrefix) && !OverlayAttribute.has(name))
    }

    /// Those that are carried whatever comes behind.
    private static let namespaces = ["user.", "trusted."]

    /// Those beside them.
    private static let others: Set<AttributeName> = [
        "security.capability", "security.ima", "system.posix_acl_access", "system.posix_acl_default",
    ]

    /// The most bytes that a name can have on Linux: XATTR_NAME_MAX in linux/limits.h.
    private static let longestName = 255

    /// Refuses a name in a layer that no file can have an attribute of.
    static func refuseTooLong(_ name: AttributeName) throws {
        guard name.bytes.count > longestName else { return }
        throw Failure("the name of its extended attribute \(name) is longer than \(longestName) bytes")
    }
}
