import CSyscalls
import Failure
import FileTree
import Glibc
import SystemPackage

/// /etc/subuid or /etc/subgid, to be written to.
package struct SubordinateFile {
    let kind: SubordinateIDs.Kind
    private(set) var text: String

    /// As many as useradd(8) gives.
    private static let count: UInt32 = 65536
    /// Where useradd(8) begins.
    private static let lowest: UInt32 = 100_000

    /// Reads the file.
    package init(_ kind: SubordinateIDs.Kind) throws {
        self.init(kind, text: try IDMaps.text(of: kind))
    }

    init(_ kind: SubordinateIDs.Kind, text: String) {
        self.kind = kind
        self.text = text
    }

    /// Adds a range for a user who has none: the lowest that nobody has.
    ///
    /// - Returns: the range, or `nil` if the user has one.
    package mutating func add(_ user: HostUser) throws -> Range<UInt32>? {
        let entries = SubordinateIDs.entries(in: text)
        if entries.contains(where: { $0.owner == user.name || $0.owner == String(user.uid) }) { return nil }
        var first = Self.lowest
        for range in entries.map(\.range).sorted(by: { $0.lowerBound < $1.lowerBound })
        where range.overlaps(first..<first + Self.count) {
            first = range.upperBound
            // 0xffffffff is no id, user_namespaces(7).
            guard first < UInt32.max - Self.count else {
                throw Failure("no \(Self.count) \(kind.word)s in a row are free in \(kind.file)")
            }
        }
        if !text.isEmpty, !text.hasSuffix("\n") { text += "\n" }
        text += "\(user.name):\(first):\(Self.count)\n"
        return first..<first + Self.count
    }

    /// Puts it in the place of the file, under the lock that shadow(5)'s programs take.
    package func write() throws {
        try attempt("couldn't write \(kind.file)") { try write(to: kind.file) }
    }

    /// Puts it in the place of a file, whose owner, mode and extended attributes it gets, among them the label without
    /// which SELinux lets no program read it.
    package func write(to file: FilePath) throws {
        let path = try file.isThere() ? file.resolved() : file
        guard let component = path.lastComponent else { return }
        let name = FilePath(root: nil, [component])
        let directory = try Directory(at: path.removingLastComponent())
        let temporary = FilePath.temporaryName(for: component.string)
        do {
            let new = try directory.openNoSymlinks(temporary, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
            try new.writeAll(text.utf8)
            let old = try directory.status(name)
            if let old {
                try checked(fchown(new.number, old.uid, old.gid), at: new.place)
                for attribute in try directory.attributes(of: name) {
                    try directory.setAttribute(attribute, of: temporary)
                }
            }
            // Last: to change the owner takes mode bits away.
            try checked(fchmod(new.number, old?.permissions ?? 0o644), at: new.place)
            try new.synchronize()
            try directory.rename(temporary, to: name)
        } catch {
            try? directory.remove(temporary)
            throw error
        }
    }

    /// Runs `body` while no other program changes users and groups.
    package static func locked<Result>(_ body: () throws -> Result) throws -> Result {
        _ = try attempt("couldn't lock the user database", help: "another program is changing it: try again") {
            try checked(stacker_lock_users())
        }
        defer { stacker_unlock_users() }
        return try body()
    }
}
