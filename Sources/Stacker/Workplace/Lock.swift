import Failure
import FileTree
import Glibc
import Host
import SystemPackage

/// An exclusive lock on a directory of stacker's, held as long as this value lives: `flock` on its `.lock` file.
///
/// The kernel lets go of it with the process, however that ends: there are no stale locks.
final class Lock: Sendable {
    private let file: OpenFile

    deinit { file.unlock() }

    /// How long another stacker is waited for before that is said, in seconds.
    private static let moment = 1
    /// And from then on, at most.
    private static let patience = 60

    /// Takes the lock.
    ///
    /// - Parameter log: where it is said that another stacker is waited for; `nil` for not waiting.
    /// - Throws: a failure if another stacker has it, all the time; its cause is ENOENT if there is no such directory, any more.
    init(on directory: FilePath, waiting log: Log? = nil) throws {
        let path = directory.appending(".lock")
        while true {
            let file = try attempt("couldn't open lock file \(path)") {
                try OpenFile(path, O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o644)
            }
            try Self.lock(file, at: path, on: directory, waiting: log)
            // A file that was removed meanwhile is no lock: others make, and lock, a new one.
            if try Self.isStill(file, at: path) {
                self.file = file
                return
            }
        }
    }

    /// Takes the lock without waiting; `nil` if there is no such directory.
    convenience init?(ifThere directory: FilePath) throws {
        guard try directory.isThere() else { return nil }
        try self.init(on: directory)
    }

    private static func lock(_ file: OpenFile, at path: FilePath, on directory: FilePath, waiting log: Log?) throws {
        let isTaken = try attempt("couldn't acquire lock on \(path)") {
            if try file.tryLock(.exclusive) { return true }
            guard let log else {
                // A second try: who only asks whether it is held has it for an instant.
                usleep(20_000)
                return try file.tryLock(.exclusive)
            }
            if try file.lock(.exclusive, within: moment, checkpoint: StopSignal.check) { return true }
            log.info("waiting for another stacker that uses \(directory)")
            return try file.lock(.exclusive, within: patience, checkpoint: StopSignal.check)
        }
        guard isTaken else {
            let holder = owner(of: file).map { " held by process \($0)" } ?? ""
            throw Failure(
                "couldn't acquire lock on \(path)\(holder)",
                because: Errno.wouldBlock,
                help: "another stacker uses \(directory): wait for it, or name another directory")
        }
    }

    /// Whether the file at `path` is this one.
    static func isStill(_ file: OpenFile, at path: FilePath) throws -> Bool {
        guard let found = try ifUsable({ try FileStatus(at: path, following: false) }) else { return false }
        return try file.status().identity == found.identity
    }

    /// Whether somebody holds the lock. /proc/locks would tell without taking it, but not from within a pid namespace.
    static func isHeld(on directory: FilePath) -> Bool {
        guard let file = try? OpenFile(directory.appending(".lock"), O_RDONLY | O_NOFOLLOW) else { return false }
        defer { file.unlock() }
        return (try? file.tryLock(.shared)) == false
    }

    /// Who holds the lock, if /proc/locks tells.
    private static func owner(of file: OpenFile) -> String? {
        guard let inode = try? file.status().inode,
            let table = try? OpenFile("/proc/locks", O_RDONLY).readToEnd(limit: 1 << 20)
        else { return nil }
        // 1: FLOCK  ADVISORY  WRITE 4242 fe:00:131 0 EOF
        for line in String(decoding: table, as: UTF8.self).split(separator: "\n") {
            let fields = line.split(separator: " ")
            if fields.count > 5, fields[1] == "FLOCK", fields[5].hasSuffix(":\(inode)") { return String(fields[4]) }
        }
        return nil
    }
}

/// The locks of stacker's directories. Whoever changes what is in them, or must not see it change, holds both; one that is not
/// held is of a directory that was not there, and what has its name since is another stacker's.
struct DirectoryLocks: Sendable {
    /// On the roots directory; it is taken first.
    let roots: Lock?
    /// On the stacker directory.
    let stacker: Lock?
}

extension StackerDirectories {
    /// Locks those of the directories that are there.
    func locks() throws -> DirectoryLocks {
        try whileOthersClean {
            try DirectoryLocks(roots: Lock(ifThere: roots), stacker: Lock(ifThere: stacker))
        }
    }

    /// Makes the directories that are not there, and does something while no other stacker uses them.
    ///
    /// - Parameter log: as ``Lock/init(on:waiting:)`` has it.
    func locked<Result>(waiting log: Log? = nil, _ body: () throws -> Result) throws -> Result {
        let locks = try locksOfMade(waiting: log)
        defer { withExtendedLifetime(locks) {} }
        return try body()
    }

    /// Makes the directories and locks them.
    private func locksOfMade(waiting log: Log?) throws -> DirectoryLocks {
        try whileOthersClean {
            for directory in [stacker, roots] { try Directory.create(directory, isPlain: true) }
            return try DirectoryLocks(roots: Lock(on: roots, waiting: log), stacker: Lock(on: stacker, waiting: log))
        }
    }

    /// Makes or locks directories, again if they go meanwhile: a clean holds the locks for as long as it takes, and ends.
    func whileOthersClean<Result>(_ body: () throws -> Result) throws -> Result {
        var triesLeft = 100
        while true {
            do {
                return try body()
            } catch let failure as Failure where failure.errno == .noSuchFileOrDirectory && triesLeft > 0 {
                triesLeft -= 1
                try StopSignal.check()
            }
        }
    }
}
