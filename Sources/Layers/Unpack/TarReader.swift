import CArchive
import Failure
import FileTree
import Glibc
import OCI
import SystemPackage

/// The entries of a tar, parsed by libarchive from an ``ArchiveStream``. libarchive sees the uncompressed stream and
/// no other format: less of it is open to a hostile blob.
final class TarReader: LayerContent {
    private let archive: OpaquePointer
    private let source: Source
    private let headerLimit: Int
    private var isStarted = false
    private let isEmpty: Bool

    /// What libarchive reads from: its callback gets this object.
    private final class Source {
        let stream: ArchiveStream
        let checkpoint: () throws -> Void
        var current: Chunk?
        var previous: Chunk?
        /// Offset in the archive of what comes after `current`.
        var offset: Int64 = 0
        /// How many bytes of headers can still come; `nil` where content is read.
        var headerRoom: Int?
        var failure: (any Error)?
        /// Whether the last block so far holds nothing but zeros, as the last one of an archive does.
        var endsInZeros: Bool {
            (current?.bytes.suffix(TarHeader.blockSize)).map { $0.allSatisfy { $0 == 0 } } ?? false
        }

        init(_ stream: ArchiveStream, _ checkpoint: @escaping () throws -> Void) {
            self.stream = stream
            self.checkpoint = checkpoint
        }

        /// The next piece; `nil` at the end.
        func next() throws -> Chunk? {
            try checkpoint()
            if let room = headerRoom, room <= 0 { throw Failure("the headers of an entry are too long") }
            guard let chunk = try stream.next() else { return nil }
            if let room = headerRoom { headerRoom = room - chunk.count }
            previous = current
            current = chunk
            offset += Int64(chunk.count)
            return chunk
        }
    }

    /// - Parameter headerLimit: longer headers of one entry are refused.
    init(_ stream: ArchiveStream, headerLimit: Int, checkpoint: @escaping () throws -> Void) throws {
        self.headerLimit = headerLimit
        guard let archive = archive_read_new() else { throw Failure("no memory for an archive reader") }
        self.archive = archive
        source = Source(stream, checkpoint)
        archive_read_support_format_tar(archive)
        let opened = archive_read_open(
            archive, Unmanaged.passUnretained(source).toOpaque(), nil,
            { _, context, piece in
                guard let context, let piece else { return -1 }
                let source = Unmanaged<Source>.fromOpaque(context).takeUnretainedValue()
                do {
                    guard let chunk = try source.next() else { return 0 }
                    piece.pointee = UnsafeRawPointer(chunk.memory.baseAddress)
                    return chunk.count
                } catch {
                    source.failure = error
                    return -1
                }
            }, nil)
        // No bytes at all are the archive of nothing, to Go's tools.
        isEmpty = opened != ARCHIVE_OK && source.failure == nil && source.offset == 0
        if opened != ARCHIVE_OK, !isEmpty { throw noArchive() }
    }

    deinit {
        archive_read_free(archive)
    }

    /// The next entry; valid until the next call. `nil` at the end of the archive.
    func next() throws -> TarEntry? {
        if isEmpty { return nil }
        var entry: OpaquePointer?
        // What is left of the last entry's content is none of this one's headers.
        if isStarted, archive_read_data_skip(archive) < ARCHIVE_WARN { throw problem("it is damaged") }
        isStarted = true
        source.headerRoom = headerLimit
        let result = archive_read_next_header(archive, &entry)
        source.headerRoom = nil
        switch result {
        case ARCHIVE_EOF:
            return nil
        case ARCHIVE_OK, ARCHIVE_WARN:
            guard let entry else { throw problem("it has a damaged entry") }
            // libarchive 3.6 reads "-1.25" as a quarter of a second after -1.
            let hasOddTime = archive_entry_mtime(entry) <= 0 && archive_entry_mtime_nsec(entry) != 0
            return TarEntry(entry, result == ARCHIVE_WARN || hasOddTime ? try rawRecords() : RawRecords())
        default:
            throw archive_file_count(archive) == 0 ? noArchive() : problem("it is damaged")
        }
    }

    /// The next piece of the current entry's content and its offset in the file; between pieces there may be holes.
    func nextContent() throws -> (bytes: UnsafeRawBufferPointer, offset: Int64)? {
        var start: UnsafeRawPointer?
        var count = 0
        var offset: Int64 = 0
        switch archive_read_data_block(archive, &start, &count, &offset) {
        case ARCHIVE_OK, ARCHIVE_WARN: return (UnsafeRawBufferPointer(start: start, count: count), offset)
        case ARCHIVE_EOF: return nil
        default: throw problem("it is damaged")
        }
    }

    /// Reads what follows the archive's end to the stream's end, so that the digests cover all of it.
    ///
    /// - Returns: Whether the stream ended in zeros, as a complete archive does.
    func drain() throws -> Bool {
        while try source.next() != nil {}
        return source.endsInZeros
    }

    // MARK: -

    private func noArchive() -> any Error {
        problem("it is not a tar archive", help: "archives are read as they are, or compressed with gzip or zstd")
    }

    private func problem(_ what: String, help: String? = nil) -> any Error {
        if let failure = source.failure { return failure }
        guard let text = archive_error_string(archive) else { return Failure(what, help: help) }
        return Failure(what, because: Failure(String(cString: text)), help: help)
    }

    /// What the current entry's extended header says, byte by byte. libarchive takes names there for UTF-8, as
    /// the standard says, and damages others; Go's tools write other bytes there all the same.
    private func rawRecords() throws -> RawRecords {
        let position = archive_read_header_position(archive)
        guard let current = source.current else { return RawRecords() }
        var start = source.offset - Int64(current.count)
        var window = current.bytes.map { $0 }
        if position < start, let previous = source.previous {
            start -= Int64(previous.count)
            window = previous.bytes + window
        }
        guard position >= start, let names = RawRecords(headersIn: window.dropFirst(Int(position - start))) else {
            throw problem("a name in it cannot be read exactly")
        }
        return names
    }
}

/// Records of an extended header, byte by byte.
struct RawRecords {
    var path: [UInt8]?
    var linkPath: [UInt8]?
    var modified: Timestamp?

    init() {}

    /// Reads the extended headers that `bytes` start with; `nil` if they are not all there.
    init?(headersIn bytes: ArraySlice<UInt8>) {
        var rest = bytes
        while rest.count >= TarHeader.blockSize {
            let kind = rest[rest.startIndex + 156]
            let digits = rest[(rest.startIndex + 124)..<(rest.startIndex + 136)].filter { (0x30...0x37).contains($0) }
            let size = digits.reduce(0) { $0 << 3 | Int($1 - 0x30) }
            guard kind == UInt8(ascii: "x") || kind == UInt8(ascii: "g") || kind == UInt8(ascii: "X") else { return }
            rest = rest.dropFirst(TarHeader.blockSize)
            guard size <= rest.count else { return nil }
            if kind != UInt8(ascii: "g") { read(rest.prefix(size)) }
            rest = rest.dropFirst(size + TarHeader.padding(Int64(size)))
        }
        return nil
    }

    private mutating func read(_ records: ArraySlice<UInt8>) {
        var rest = records
        while let space = rest.firstIndex(of: UInt8(ascii: " ")),
            let length = Int(String(decoding: rest[..<space], as: UTF8.self)),
            length <= rest.count, length > space - rest.startIndex + 1
        {
            let record = rest.prefix(length).dropFirst(space + 1 - rest.startIndex).dropLast()
            if let equals = record.firstIndex(of: UInt8(ascii: "=")) {
                let value = Array(record[(equals + 1)...])
                if record[..<equals].elementsEqual("path".utf8) { path = value }
                if record[..<equals].elementsEqual("linkpath".utf8) { linkPath = value }
                if record[..<equals].elementsEqual("mtime".utf8) { modified = Timestamp(decimal: value) }
            }
            rest = rest.dropFirst(length)
        }
    }
}
