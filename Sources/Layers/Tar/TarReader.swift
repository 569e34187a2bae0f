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
    private var globals = GlobalRecords()
    private var isStarted = false
    private var hasEnd = false
    private let isEmpty: Bool

    /// What libarchive reads from: its callback gets this object.
    private final class Source {
        let stream: ArchiveStream
        let checkpoint: () throws -> Void
        /// The chunks in which the headers of the next entry are: the last two, and those that came while they were read.
        private(set) var window = ChunkWindow()
        private(set) var hasBytes = false
        /// How many bytes of headers can still come; `nil` where content is read.
        var headerRoom: Int?
        var failure: (any Error)?

        init(_ stream: ArchiveStream, _ checkpoint: @escaping () throws -> Void) {
            self.stream = stream
            self.checkpoint = checkpoint
        }

        /// The next piece; `nil` at the end.
        func next() throws -> Chunk? {
            try checkpoint()
            if let room = headerRoom, room <= 0 { throw Failure("the headers of an entry are too long") }
            guard let chunk = try stream.next() else { return nil }
            if let room = headerRoom {
                headerRoom = room - chunk.count
            } else {
                window.shrink(to: 1)
            }
            window.append(chunk)
            hasBytes = true
            return chunk
        }

        /// Headers are going to be read.
        func beginHeaders(_ limit: Int) {
            headerRoom = limit
            window.shrink(to: 2)
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
        isEmpty = opened != ARCHIVE_OK && source.failure == nil && !source.hasBytes
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
        source.beginHeaders(headerLimit)
        let result = archive_read_next_header(archive, &entry)
        source.headerRoom = nil
        switch result {
        case ARCHIVE_EOF:
            // Nothing is read where there is nothing; an archive ends with blocks of zeros.
            hasEnd = archive_filter_bytes(archive, 0) > archive_read_header_position(archive)
            return nil
        case ARCHIVE_OK, ARCHIVE_WARN:
            guard let entry else { throw problem("it has a damaged entry") }
            return TarEntry(entry, try rawRecords(size: archive_entry_size(entry)))
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
    /// - Returns: Whether the archive has an end, as a complete one does.
    func drain() throws -> Bool {
        while try source.next() != nil {}
        return hasEnd
    }

    // MARK: -

    private func noArchive() -> any Error {
        problem(
            "it is not a tar archive",
            help: "archives are read as they are, or compressed with gzip, zstd, xz or bzip2; layers with gzip or zstd"
        )
    }

    private func problem(_ what: String, help: String? = nil) -> any Error {
        if let failure = source.failure { return failure }
        guard let text = archive_error_string(archive) else { return Failure(what, help: help) }
        return Failure(what, because: Failure(String(cString: text)), help: help)
    }

    /// What the current entry's extended headers say, byte by byte. libarchive ends names at a NUL, takes them for UTF-8,
    /// as the standard says, and damages others; Go's tools write other bytes there all the same.
    private func rawRecords(size: Int64) throws -> RawRecords {
        let offset = archive_read_header_position(archive)
        let records = try attempt("couldn't read the entry at byte \(offset) of the archive") {
            try RawRecords(at: offset, in: source.window, size: size, globals: &globals)
        }
        guard let records else { throw problem("a name in it cannot be read exactly") }
        return records
    }
}
