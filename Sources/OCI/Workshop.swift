import Failure
import FileTree
import Glibc
import SystemPackage

/// A directory in a layout where a writer makes what gets its name when it is whole. It has a name that nobody else comes
/// up with, is locked as long as the writer lives, and goes with it; that of a writer that was killed is known by its lock,
/// which nobody has.
final class Workshop: Sendable {
    let directory: Directory
    private let name: FilePath
    private let root: Directory

    /// What such a directory is made for; its name begins and ends like that of anything temporary.
    private static let purpose = "stacker"

    /// Makes one. Only for the holder of the layout's lock on changes: between being made and being locked it would pass
    /// for a dead writer's.
    init(in root: Directory) throws {
        self.root = root
        Self.removeDead(in: root)
        name = .temporaryName(for: Self.purpose)
        try root.makeDirectory(name, mode: 0o700)
        do {
            directory = try root.directory(name)
            guard try directory.file.tryLock(.exclusive) else { throw Errno.resourceTemporarilyUnavailable }
        } catch {
            try? root.remove(name, directory: true)
            throw error
        }
    }

    deinit { try? root.removeTree(name) }

    /// Removes those of writers that are dead. One that this user can't remove stays for somebody who can: it costs room,
    /// nothing else.
    static func removeDead(in root: Directory) {
        for name in (try? names(in: root)) ?? [] {
            guard let directory = try? root.directory(name), (try? directory.file.tryLock(.exclusive)) == true
            else { continue }
            try? root.removeTree(name)
        }
    }

    /// The names of all that are there.
    static func names(in root: Directory) throws -> [FilePath] {
        try root.names().filter { $0.isTemporary && $0.string.hasPrefix(".\(purpose).") }
    }
}
