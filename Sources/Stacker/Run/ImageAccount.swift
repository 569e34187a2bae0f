import Containers
import Failure
import FileTree
import Glibc
import Roots
import SystemPackage

/// The `User` of an image's config, looked up in the image: `user`, `uid`, `user:group`, `uid:gid`, and mixtures.
struct ImageAccount {
    /// By number.
    let user: ContainerUser
    /// The home directory; `/` if the image knows of none.
    let home: String

    /// Reads /etc/passwd and /etc/group as the image has them: what symlinks there lead to is in the image, too.
    ///
    /// - Parameter text: the config's text; empty for root.
    init(_ text: String, in view: MergedView) throws {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let name = parts.first.map(String.init) ?? ""
        let users = try AccountFile("etc/passwd", in: view)
        let (uid, entry) = try Self.user(name.isEmpty ? "0" : name, in: users)
        home = entry?.field(5).map { String($0) } ?? "/"
        guard parts.count == 2, !parts[1].isEmpty else {
            // Where no group is asked for they are those that a login has.
            let gid = try entry.map { try $0.id(3, of: users) } ?? 0
            let groups = name.isEmpty && entry == nil ? [] : try Self.groups(of: entry, in: view)
            user = ContainerUser(uid: uid, gid: gid, groups: groups.filter { $0 != gid })
            return
        }
        user = ContainerUser(uid: uid, gid: try Self.group(String(parts[1]), in: view), groups: [])
    }

    /// A name counts before a number, as POSIX has it.
    private static func user(_ name: String, in users: AccountFile) throws -> (UInt32, AccountFile.Entry?) {
        if let entry = users.entries.first(where: { $0.name == name }) { return (try entry.id(2, of: users), entry) }
        guard let uid = AccountFile.id(name) else {
            throw Failure(
                "there is no user \(quoted(name)) in the image's /etc/passwd",
                help: "a recipe's runtime_user is one that its base has or its script makes, or a number")
        }
        return (uid, users.entries.first { $0.field(2).flatMap(AccountFile.id) == uid })
    }

    private static func group(_ name: String, in view: MergedView) throws -> UInt32 {
        let groups = try AccountFile("etc/group", in: view)
        if let entry = groups.entries.first(where: { $0.name == name }) { return try entry.id(2, of: groups) }
        guard let gid = AccountFile.id(name) else {
            throw Failure(
                "there is no group \(quoted(name)) in the image's /etc/group",
                help: "a recipe's runtime_user is USER:GROUP of names that the image has, or of numbers")
        }
        return gid
    }

    /// The groups that list a user.
    private static func groups(of user: AccountFile.Entry?, in view: MergedView) throws -> [UInt32] {
        guard let user else { return [] }
        let file = try AccountFile("etc/group", in: view)
        let own = try file.entries.filter { entry in
            entry.field(3)?.split(separator: ",").contains { $0 == user.name } ?? false
        }.map { try $0.id(2, of: file) }
        // The kernel's bound: NGROUPS_MAX.
        guard own.count <= 65_536 else { throw Failure("the image's /etc/group gives the user \(own.count) groups") }
        return Set(own).sorted()
    }
}

/// passwd(5) or group(5) of an image.
private struct AccountFile {
    let path: FilePath
    let entries: [Entry]

    /// More than any system has, and little to read.
    private static let limit = 4 << 20

    struct Entry {
        let name: Substring
        private let fields: [Substring]

        init?(_ line: Substring) {
            fields = line.split(separator: ":", omittingEmptySubsequences: false)
            guard fields.count > 2, let name = fields.first, !name.isEmpty, !name.hasPrefix("#") else { return nil }
            self.name = name
        }

        /// A field that has something in it, by its number from 0.
        func field(_ number: Int) -> Substring? {
            number < fields.count && !fields[number].isEmpty ? fields[number] : nil
        }

        /// A field that has to be an id.
        func id(_ number: Int, of file: AccountFile) throws -> UInt32 {
            guard let id = field(number).flatMap(AccountFile.id) else {
                throw Failure("the image's /\(file.path) has no number for \(quoted(name)) where there is to be one")
            }
            return id
        }
    }

    /// Reads the file; one that is not there has no entries.
    init(_ path: FilePath, in view: MergedView) throws {
        self.path = path
        let node = try attempt("couldn't find /\(path) in the image") { try view.resolve(path).node }
        guard let node else {
            entries = []
            return
        }
        entries = try attempt("couldn't read /\(path) of the image") {
            guard case .file(let parent, let name, let status) = node, status.kind == .regular else {
                throw Failure("it is no regular file")
            }
            guard status.size <= Self.limit else {
                throw Failure("it has \(status.size) bytes, and no more than \(Self.limit) are read")
            }
            let file = try parent.openNoSymlinks(name.path, O_RDONLY | O_NONBLOCK)
            let text = String(decoding: try file.readToEnd(limit: Self.limit), as: UTF8.self)
            return text.split(separator: "\n").compactMap { Entry($0) }
        }
    }

    /// A decimal number that is an id: the largest one is none, chown(2).
    static func id(_ text: some StringProtocol) -> UInt32? {
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let id = UInt32(text), id != .max else {
            return nil
        }
        return id
    }
}
