import CSyscalls
import Failure
import FileTree
import Glibc
import SystemPackage

/// /etc/subuid or /etc/subgid, to be written to.
struct SubordinateFile {
    let kind: SubordinateIDs.Kind
    private(set) var text: String

    /// As many as useradd(8) gives.
    private static let count: UInt32 = 65536
    /// Where useradd(8) begins.
    private static let lowest: UInt32 = 100_000

    init(_ kind: SubordinateIDs.Kind) throws {
        self.init(kind, text: try IDMaps.text(of: kind))
    }

    init(_ kind: SubordinateIDs.Kind, text: String) {
        self.kind = kind
        self.text = text
    }

    /// Adds a range for a user who has none: the lowest that nobody has.
    ///
    /// - Returns: the range, or `nil` if the user has one.
    mutating func add(_ user: HostUser) throws -> Range<UInt32>? {
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
    func write() throws {
        try attempt("couldn't write \(kind.file)") {
            let path = access(kind.file.string, F_OK) == 0 ? try kind.file.resolved() : kind.file
            guard let name = path.lastComponent else { return }
            try Directory(at: path.removingLastComponent())
                .replaceFile(FilePath(root: nil, [name]), with: text.utf8, durable: true)
        }
    }

    /// Runs `body` while no other program changes users and groups.
    static func locked<Result>(_ body: () throws -> Result) throws -> Result {
        _ = try attempt("couldn't lock the user database", help: "another program is changing it: try again") {
            try checked(stacker_lock_users())
        }
        defer { stacker_unlock_users() }
        return try body()
    }
}
