import Failure
import FileTree
import Glibc
import LXCWrapper
import SystemPackage

/// A user namespace that root makes for a program that is not to be root of the machine. It goes with its last user.
package struct UserNamespace: Sendable {
    /// Open on it.
    package let file: OpenFile
    private let uids: [Range<UInt32>]
    private let gids: [Range<UInt32>]

    /// What is mapped where /etc/subuid and /etc/subgid give root nothing: above the users' ranges of shadow(5), and
    /// above those that systemd gives to containers.
    package static let standardRange: Range<UInt32> = 2_000_000_000..<2_000_065_536

    /// Makes one with the ids that the machine has for root's containers.
    ///
    /// - Throws: a failure if this user can't, or the kernel doesn't.
    package init() throws {
        try self.init(
            uids: Self.ranges(of: .user, in: IDMaps.text(of: .user)),
            gids: Self.ranges(of: .group, in: IDMaps.text(of: .group)))
    }

    private init(uids: [Range<UInt32>], gids: [Range<UInt32>]) throws {
        (self.uids, self.gids) = (uids, gids)
        let number = Self.map(uids).withCString { uids in
            Self.map(gids).withCString { lxcw_make_user_namespace(uids, $0) }
        }
        guard number >= 0 else {
            let error = errno
            throw Failure(
                "the kernel gives root no user namespace with the ids \(Self.text(uids))",
                because: Errno(rawValue: error),
                help: error == ENOSPC
                    ? Namespace.advice(on: error) : "in a container, whoever runs that has to map these ids into it")
        }
        file = OpenFile(owning: number)
    }

    /// The ids for root's containers: those that a file like /etc/subuid gives to root, else the standard range.
    ///
    /// - Throws: a failure if the file gives too few.
    static func ranges(of kind: SubordinateIDs.Kind, in text: String) throws -> [Range<UInt32>] {
        let own = SubordinateIDs.entries(in: text).filter { ["root", "0"].contains($0.owner) }.map(\.range)
        guard !own.isEmpty else { return [standardRange] }
        let count = own.reduce(0) { $0 + $1.count }
        guard count > SubordinateIDs.fewest, !own.contains(where: { $0.contains(0) }) else {
            throw Failure(
                "\(kind.file) gives root the \(kind.word)s \(Self.text(own)), which are no ids for containers",
                help: "they have to be \(SubordinateIDs.fewest + 1) at least, and without 0; with no line for root, "
                    + "stacker takes \(Self.text([standardRange]))")
        }
        return own
    }

    /// The user that root of the namespace is outside.
    package var root: (uid: uid_t, gid: gid_t) { (outside(0, uids) ?? 0, outside(0, gids) ?? 0) }

    /// What a user and a group of the namespace are outside; `nil` if one of them isn't mapped.
    package func outside(uid: uid_t, gid: gid_t) -> (uid: uid_t, gid: gid_t)? {
        guard let uid = outside(uid, uids), let gid = outside(gid, gids) else { return nil }
        return (uid, gid)
    }

    private func outside(_ id: UInt32, _ ranges: [Range<UInt32>]) -> UInt32? {
        var rest = Int(id)
        for range in ranges {
            if rest < range.count { return range.lowerBound + UInt32(rest) }
            rest -= range.count
        }
        return nil
    }

    /// As /proc/PID/uid_map takes it.
    private static func map(_ ranges: [Range<UInt32>]) -> String {
        var inside = 0
        return ranges.map { range in
            defer { inside += range.count }
            return "\(inside) \(range.lowerBound) \(range.count)\n"
        }.joined()
    }

    private static func text(_ ranges: [Range<UInt32>]) -> String {
        ranges.map { "\($0.lowerBound)-\($0.upperBound - 1)" }.joined(separator: ", ")
    }
}
