import Failure
import FileTree
import Glibc
import SystemPackage

/// What belongs to one run of an image, or to one reproduction of builds, in the roots directory: `.run-<16 hex digits>`,
/// mode 0700, locked as long as whoever made it lives. One that nobody has locked is left over from one that was killed.
package struct RunDirectory: Sendable {
    /// Where it is.
    package let path: FilePath
    /// The same, open; it has the lock.
    package let directory: Directory
    private let parent: Directory
    private let name: FilePath

    /// What its name begins with, and no layer's.
    package static let prefix = ".run-"

    /// Makes one. Only for the holder of the lock on the roots directory.
    package init(in roots: RootsDirectory) throws {
        name = FilePath("\(Self.prefix)\(UInt64.random(in: 0...UInt64.max).hexadecimal)")
        parent = roots.directory
        path = roots.path.pushing(name)
        directory = try attempt("couldn't make \(path)") { [parent, name] in
            let directory = try parent.makePlainDirectory(name, mode: 0o700)
            guard try directory.file.tryLock(.exclusive) else { throw Errno.wouldBlock }
            return directory
        }
    }

    /// Removes it. What can't be removed, the next run finds, and `gc`.
    package func remove() { try? parent.removeTree(name) }
}

extension RootsDirectory {
    /// Directories of runs that have come to no end by themselves.
    package func deadRuns() throws -> [FilePath] { try runs().dead }

    /// Whether an image is running whose layers are here.
    package var hasLiveRun: Bool { get throws { try runs().hasLive } }

    /// Removes what runs that were killed have left. Only for the holder of the lock.
    package func removeDeadRuns() throws {
        for name in try deadRuns() { try directory.removeTree(name) }
    }

    private func runs() throws -> (dead: [FilePath], hasLive: Bool) {
        var (dead, hasLive) = ([FilePath](), false)
        for name in try directory.names() where name.string.hasPrefix(RunDirectory.prefix) {
            guard try directory.status(name)?.kind == .directory else { continue }
            // One that goes meanwhile is no longer of interest.
            guard let run = try ifUsable({ try directory.directory(name) }) else { continue }
            if try run.file.tryLock(.shared) { dead.append(name) } else { hasLive = true }
        }
        return (dead, hasLive)
    }
}
