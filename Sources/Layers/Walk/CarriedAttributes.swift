import CSyscalls
import Failure
import FileTree
import Glibc
import SystemPackage

/// Which extended attributes a layer carries, in both directions:
///
/// - `user.*`, `security.capability`, `security.ima`, and POSIX ACLs (`system.posix_acl_access`, `…_default`);
/// - nothing of overlayfs (`user.overlay.*`, `trusted.overlay.*`): on the way out they are said as whiteouts, on the
///   way in they would be a stranger's redirects;
/// - not `security.selinux`, `security.evm` and the like: they belong to the policy of one host;
/// - not `trusted.*`: only root can see them, and a layer must not depend on who builds it.
package enum CarriedAttributes {
    /// Whether a layer carries attributes of this name.
    package static func carries(_ name: AttributeName) -> Bool {
        others.contains(name) || (name.hasPrefix("user.") && !isOverlay(name))
    }

    /// Those beside `user.*`.
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

    /// Whether the attribute is one of overlayfs's own.
    package static func isOverlay(_ name: AttributeName) -> Bool {
        name.hasPrefix("user.overlay.") || name.hasPrefix("trusted.overlay.")
    }

    /// Whether a value of overlayfs's `opaque` attribute means that the directory hides the lower ones.
    static func isOpaque(_ attributes: [ExtendedAttribute]) -> Bool {
        attributes.contains {
            ($0.name == "user.overlay.opaque" || $0.name == "trusted.overlay.opaque") && $0.value == [UInt8(ascii: "y")]
        }
    }

    /// The overlay attribute that makes a file more than what it seems, if there is one: a directory that shows another
    /// lower directory, or a file whose content is in a lower layer. A layer cannot say either.
    static func redirection(_ attributes: [ExtendedAttribute]) -> AttributeName? {
        attributes.first { isOverlay($0.name) && ($0.name.hasSuffix(".redirect") || $0.name.hasSuffix(".metacopy")) }?
            .name
    }
}

extension OpenFile {
    /// The extended attributes of the open file, sorted by name; a file system without them has none.
    ///
    /// - Parameter isWanted: whether one of this name is read; by default all are.
    /// - Throws: `Errno`.
    package func attributes(where isWanted: (AttributeName) -> Bool = { _ in true }) throws -> [ExtendedAttribute] {
        let names = try read { flistxattr(number, $0, $1) } ?? []
        if names.isEmpty { return [] }
        return try names.split(separator: 0).compactMap { bytes -> ExtendedAttribute? in
            let name = AttributeName(bytes)
            guard isWanted(name) else { return nil }
            // One that was removed between the two calls is gone, not an error.
            return try name.withCString { attribute in try read { fgetxattr(number, attribute, $0, $1) } }
                .map { ExtendedAttribute(name: name, value: $0) }
        }.sorted { $0.name < $1.name }
    }

    /// Asks with a small buffer, and with one of the largest possible size if that was not enough.
    private func read(_ call: (UnsafeMutablePointer<CChar>?, Int) -> Int) throws -> [UInt8]? {
        for capacity in [256, 64 << 10] {
            let result = try withUnsafeTemporaryAllocation(of: CChar.self, capacity: capacity) { buffer -> [UInt8]?? in
                let count = call(buffer.baseAddress, capacity)
                if count >= 0 { return Array(UnsafeRawBufferPointer(buffer)[..<count]) }
                switch errno {
                case ERANGE where capacity < 64 << 10: return .none
                case ENODATA, ENOTSUP: return .some(nil)
                case let error: throw Errno(rawValue: error)
                }
            }
            if let result { return result }
        }
        return nil
    }
}
