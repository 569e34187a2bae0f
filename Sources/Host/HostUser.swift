import FileTree
import Glibc
import SystemPackage

/// Who runs stacker, as the host knows them: also inside a user namespace, where the same user is root.
package struct HostUser: Sendable, Equatable {
    /// The user id, on the host.
    package let uid: uid_t
    /// The group id, on the host.
    package let gid: gid_t
    /// The name in the user database; the number if there is none.
    package let name: String

    /// The user of this process. In stacker's own user namespace that is always root: who is not is where they have their
    /// number, be it a container.
    package static var current: HostUser {
        guard geteuid() == 0 else { return HostUser(uid: geteuid(), gid: getegid()) }
        return HostUser(
            uid: outside(geteuid(), "/proc/self/uid_map"), gid: outside(getegid(), "/proc/self/gid_map"))
    }

    /// The user of these ids; the name is looked up.
    package init(uid: uid_t, gid: gid_t) {
        self.uid = uid
        self.gid = gid
        name = Self.name(of: uid) ?? String(uid)
    }

    /// The name of a user, in memory that no other thread writes to. One that is too long for it counts for none.
    private static func name(of uid: uid_t) -> String? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 16 << 10) { buffer in
            var entry = passwd()
            var found: UnsafeMutablePointer<passwd>?
            guard let base = buffer.baseAddress, getpwuid_r(uid, &entry, base, buffer.count, &found) == 0 else {
                return nil
            }
            return found.map { String(cString: $0.pointee.pw_name) }
        }
    }

    /// Whether this process's user namespace has a user and a group.
    package static func isMapped(uid: uid_t, gid: gid_t) -> Bool {
        func has(_ id: UInt32, _ map: FilePath) -> Bool {
            guard let bytes = try? OpenFile(map, O_RDONLY).readToEnd(limit: 1 << 16) else { return true }
            return outside(id, in: String(decoding: bytes, as: UTF8.self)) != nil
        }
        return has(uid, "/proc/self/uid_map") && has(gid, "/proc/self/gid_map")
    }

    /// What an id of this process's user namespace is in the one above, user_namespaces(7). The initial one maps all to
    /// themselves.
    private static func outside(_ id: UInt32, _ map: FilePath) -> UInt32 {
        guard let file = try? OpenFile(map, O_RDONLY), let bytes = try? file.readToEnd(limit: 1 << 16) else {
            return id
        }
        return outside(id, in: String(decoding: bytes, as: UTF8.self)) ?? id
    }

    /// The same by the text of a map: lines of first id inside, first id outside, how many.
    static func outside(_ id: UInt32, in text: String) -> UInt32? {
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: " ").compactMap { UInt32($0) }
            if fields.count == 3, id >= fields[0], id - fields[0] < fields[2] { return fields[1] + (id - fields[0]) }
        }
        return nil
    }
}
