import Failure
import FileTree
import Glibc
import OCI
import SystemPackage

/// Digests of files on this machine, remembered with what tells that a file is still the same, so that an unchanged file
/// is not read again.
///
/// One line a file: `device inode size mtime ctime digest path`; the path comes last and may hold anything but a NUL,
/// which ends the line.
struct FileDigests {
    private static let name: FilePath = "file-digests"
    private let directory: Directory
    fileprivate var known: [FilePath: Record] = [:]
    private var isChanged = false

    fileprivate struct Record: Equatable {
        var identity: Identity
        var digest: Digest
    }

    /// What changes whenever a file's content does. The change time can't be set back by anybody.
    fileprivate struct Identity: Equatable {
        var device: UInt64
        var inode: UInt64
        var size: Int64
        var modified: Timestamp
        var changed: Timestamp

        init(_ status: FileStatus) {
            device = UInt64(status.device)
            inode = UInt64(status.inode)
            size = status.size
            modified = status.modified
            changed = status.changed
        }
    }

    /// Reads what is remembered in a stacker directory. Something unreadable there only costs time.
    init(in stackerDirectory: FilePath) throws {
        directory = try Directory(at: stackerDirectory)
        for line in (try? directory.readFile(Self.name, limit: 1 << 30))?.split(separator: 0) ?? [] {
            if let (path, record) = Self.parse(line) { known[path] = record }
        }
    }

    /// The digest of the file at `path`, symlinks followed.
    mutating func digest(of path: FilePath) throws -> Digest {
        try attempt("couldn't read \(path)") {
            let file = try OpenFile(path, O_RDONLY)
            let status = try file.status()
            guard status.kind != .directory else { throw Errno.isDirectory }
            let identity = Identity(status)
            if let record = known[path], record.identity == identity { return record.digest }
            let digest = try hash(file)
            // A file that changes while the clock stands still could change again unseen: such a one is not remembered.
            if status.changed.seconds < Timestamp.now.seconds - 1, try Identity(file.status()) == identity {
                known[path] = Record(identity: identity, digest: digest)
                isChanged = true
            }
            return digest
        }
    }

    private func hash(_ file: OpenFile) throws -> Digest {
        var hasher = DigestHasher()
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        while case let count = try file.read(into: buffer), count > 0 {
            hasher.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
        return hasher.finish()
    }

    /// Writes down what was learnt.
    mutating func save() throws {
        guard isChanged else { return }
        var bytes: [UInt8] = []
        for (path, record) in known {
            let identity = record.identity
            let fields =
                "\(identity.device) \(identity.inode) \(identity.size) \(identity.modified.seconds) "
                + "\(identity.modified.nanoseconds) \(identity.changed.seconds) \(identity.changed.nanoseconds) "
                + "\(record.digest.hex) "
            bytes += fields.utf8
            path.withPlatformString { bytes += UnsafeRawBufferPointer(start: $0, count: strlen($0)) }
            bytes.append(0)
        }
        try directory.replaceFile(Self.name, with: bytes)
        isChanged = false
    }

    private static func parse(_ line: ArraySlice<UInt8>) -> (FilePath, Record)? {
        let fields = line.split(separator: 0x20, maxSplits: 8, omittingEmptySubsequences: false)
        guard fields.count == 9 else { return nil }
        let numbers = fields[0..<7].compactMap { Int64(String(decoding: $0, as: UTF8.self)) }
        guard numbers.count == 7, let digest = Digest(hex: String(decoding: fields[7], as: UTF8.self)),
            let identity = Identity(numbers)
        else { return nil }
        let path = (Array(fields[8]) + [0]).withUnsafeBytes {
            $0.withMemoryRebound(to: CChar.self) { $0.baseAddress.map { FilePath(platformString: $0) } }
        }
        return path.map { ($0, Record(identity: identity, digest: digest)) }
    }
}

extension FileDigests.Identity {
    fileprivate init?(_ numbers: [Int64]) {
        guard let device = UInt64(exactly: numbers[0]), let inode = UInt64(exactly: numbers[1]),
            let modified = Int32(exactly: numbers[4]), let changed = Int32(exactly: numbers[6])
        else { return nil }
        self.device = device
        self.inode = inode
        size = numbers[2]
        self.modified = Timestamp(seconds: numbers[3], nanoseconds: modified)
        self.changed = Timestamp(seconds: numbers[5], nanoseconds: changed)
    }
}
