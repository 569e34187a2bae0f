import Failure
import FileTree
import Glibc
import Host
import OCI
import Synchronization
import SystemPackage

/// Digests of files on this machine, remembered with what tells that a file is still the same, so that an unchanged file
/// is not read again.
///
/// Several threads may ask at once: what is remembered has a lock, which nobody holds while a file is read.
final class FileDigests: Sendable {
    private static let name: FilePath = "file-digests"
    private let directory: Directory
    /// `nil` as long as nobody has asked.
    private let memory = Mutex<Memory?>(nil)

    /// Called again and again while something is read; what it throws ends that.
    let checkpoint: @Sendable () throws -> Void

    /// Uses what is remembered in a stacker directory. Something unreadable there only costs time.
    init(in stackerDirectory: FilePath, checkpoint: @escaping @Sendable () throws -> Void = StopSignal.check) throws {
        directory = try Directory(at: stackerDirectory)
        self.checkpoint = checkpoint
    }

    /// Reads it the first time.
    private func withMemory<Result>(_ body: (inout Memory) throws -> Result) rethrows -> Result {
        try memory.withLock { memory in
            var read = memory ?? Memory(known: FileDigestTable(Self.name, in: directory, limit: 1 << 30))
            memory = nil
            defer { memory = read }
            return try body(&read)
        }
    }

    /// The digest of the content of the file at `path`, symlinks followed.
    func digest(of path: FilePath) throws -> Digest {
        try attempt("couldn't read \(path)") {
            let file = try OpenFile(path, O_RDONLY)
            let status = try file.status()
            guard status.kind != .directory else { throw Errno.isDirectory }
            return try content(status) { file }.digest
        }
    }

    /// The digest of the content of a regular file, whose status is known.
    func content(of name: FileName, in parent: Directory, _ status: FileStatus) throws -> ContentDigest {
        try content(status) { try parent.open(name, O_RDONLY | O_NONBLOCK) }
    }

    /// The digest of the content of an open regular file.
    func digest(of file: OpenFile) throws -> Digest { try content(file.status()) { file }.digest }

    /// Whether a file that looks like this is known to have this content.
    func knows(_ status: FileStatus, as digest: Digest) -> Bool {
        withMemory { $0.digest(FileKey(status), FileVersion(status)) } == ContentDigest(digest)
    }

    /// Remembers the content of a file that was read as it looks like this.
    func note(_ status: FileStatus, _ digest: Digest) {
        guard status.isSettled(at: .now) else { return }
        let record = FileRecord(version: FileVersion(status), digest: ContentDigest(digest))
        withMemory { $0.note(FileKey(status), record) }
    }

    private func content(_ status: FileStatus, _ open: () throws -> OpenFile) throws -> ContentDigest {
        let key = FileKey(status)
        let version = FileVersion(status)
        if let digest = withMemory({ $0.digest(key, version) }) { return digest }
        let start = Timestamp.now
        let file = try open()
        let digest = ContentDigest(try Digest(of: file, checkpoint: checkpoint))
        // What was read is what the status speaks of only if nobody wrote meanwhile.
        let after = try file.status()
        if version.isSettled(at: start), FileVersion(after) == version, FileKey(after) == key {
            withMemory { $0.note(key, FileRecord(version: version, digest: digest)) }
        }
        return digest
    }

    /// Writes down what was learnt.
    func save() throws {
        guard memory.withLock({ $0?.isChanged ?? false }) else { return }
        try withMemory { memory in
            memory.settle()
            try memory.known.write(to: Self.name, in: directory)
            memory.isChanged = false
        }
    }
}

/// What is remembered of files.
private struct Memory: Sendable {
    /// What earlier runs have found out, and this one.
    var known: FileDigestTable
    /// What this run has found out last.
    private var found: [FileKey: FileRecord] = [:]
    /// Whether there is more than was read.
    var isChanged = false

    /// So many files are kept in the dictionary, and then put into the table.
    private static let batch = 50_000

    init(known: FileDigestTable) { self.known = known }

    /// The content of a file, if it is known and still that version.
    mutating func digest(_ key: FileKey, _ version: FileVersion) -> ContentDigest? {
        if let record = found[key] { return record.version == version ? record.digest : nil }
        guard let row = known.index(of: key), case let record = known.record(row), record.version == version else {
            return nil
        }
        known.use(row)
        return record.digest
    }

    mutating func note(_ key: FileKey, _ record: FileRecord) {
        found[key] = record
        isChanged = true
        // The larger the table, the more at a time: to put them in takes as long as the table is.
        guard found.count >= max(Self.batch, known.count / 4) else { return }
        known.merge(found)
        found = [:]
    }

    /// Puts all that was found into the table.
    mutating func settle() {
        // Files of other recipes are remembered too, but not for ever: they may be gone.
        let used = known.usedCount + found.count
        known.merge(found, onlyUsed: known.count + found.count - used > max(used, 20_000))
        found = [:]
    }
}

/// Which file.
struct FileKey: Hashable, Comparable {
    var device: UInt64
    var inode: UInt64

    init(device: UInt64, inode: UInt64) {
        self.device = device
        self.inode = inode
    }

    init(_ status: FileStatus) {
        self.init(device: UInt64(status.device), inode: UInt64(status.inode))
    }

    static func < (left: FileKey, right: FileKey) -> Bool {
        (left.device, left.inode) < (right.device, right.inode)
    }
}

/// What changes whenever a file's content does. The change time can't be set back by anybody.
struct FileVersion: Equatable {
    var size: Int64
    var modified: Timestamp
    var changed: Timestamp

    init(size: Int64, modified: Timestamp, changed: Timestamp) {
        self.size = size
        self.modified = modified
        self.changed = changed
    }

    init(_ status: FileStatus) {
        self.init(size: status.size, modified: status.modified, changed: status.changed)
    }

    /// Whether a change from `now` on would show in the change time: as long as the file system's clock stands still, it
    /// would not.
    func isSettled(at now: Timestamp) -> Bool { changed.isSettled(at: now) }
}

/// What is remembered of a file.
struct FileRecord: Equatable {
    var version: FileVersion
    var digest: ContentDigest
}

/// A SHA-256 digest as four numbers: in a tree of many files, strings would cost more than the walk.
struct ContentDigest: Hashable {
    var words: (UInt64, UInt64, UInt64, UInt64)

    init(_ digest: Digest) {
        var hex = digest.hex[...]
        func next() -> UInt64 {
            defer { hex = hex.dropFirst(16) }
            return UInt64(hex.prefix(16), radix: 16) ?? 0
        }
        words = (next(), next(), next(), next())
    }

    init(words: (UInt64, UInt64, UInt64, UInt64)) {
        self.words = words
    }

    /// The same as 64 hexadecimal digits.
    var digest: Digest {
        let hex = [words.0, words.1, words.2, words.3].map(\.hexadecimal).joined()
        return Digest(hex: hex) ?? Digest(of: [])
    }

    static func == (left: ContentDigest, right: ContentDigest) -> Bool { left.words == right.words }

    func hash(into hasher: inout Hasher) { hasher.combine(words.0) }
}
