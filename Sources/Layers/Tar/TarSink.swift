import Failure
import FileTree
import OCI

/// Writes a tree as a pax tar layer.
///
/// [image-spec, layer.md](https://github.com/opencontainers/image-spec/blob/main/layer.md)
final class TarSink: LayerSink {
    private let options: EncodeOptions
    private let compression: Compression
    private let blob: PendingBlob
    private let stream: ChunkPipeline
    private var entries = 0
    private var contentSize: Int64 = 0

    init(blobs: any BlobDestination, compression: Compression, options: EncodeOptions) throws {
        self.options = options
        self.compression = compression
        blob = try blobs.newBlob()
        stream = ChunkPipeline(
            compression: compression, workers: options.workers, output: blob.file, on: options.processors)
    }

    func add(_ entry: TreeEntry) throws {
        if entry.isWhiteout { return try addMark(entry.path.inserting(Whiteout.prefix)) }
        if !entry.path.isEmpty || entry.isWorthAnEntry(options.root) {
            try write(header(entry))
        }
        if entry.isOpaque {
            try addMark(entry.path.isEmpty ? Whiteout.opaque : entry.path + [slash] + Whiteout.opaque)
        }
    }

    func addContent(_ bytes: UnsafeRawBufferPointer) throws {
        contentSize += Int64(bytes.count)
        try stream.write(bytes)
    }

    func endContent() throws {
        try writeZeros(TarHeader.padding(contentSize))
        contentSize = 0
    }

    func finish() throws -> EncodedLayer {
        try attempt("couldn't write a layer") {
            // The end of an archive is two blocks of zeros.
            try writeZeros(2 * TarHeader.blockSize)
            let written = try stream.finish()
            try blob.commit(written.digest)
            let descriptor = Descriptor(
                mediaType: compression.tarMediaType, digest: written.digest, size: written.size)
            return EncodedLayer(descriptor: descriptor, diffID: written.diffID, entries: entries)
        }
    }

    func abandon() {
        stream.cancel()
        blob.discard()
    }

    // MARK: - Entries

    private func header(_ entry: TreeEntry) -> TarHeader {
        var header = TarHeader(path: entry.path, kind: .regular)
        header.permissions = entry.status.permissions
        header.uid = entry.status.uid
        header.gid = entry.status.gid
        header.modified = time(entry.status.modified)
        header.attributes = entry.attributes
        if let first = entry.firstName {
            // A further name of a file that came already carries no content and no attributes of its own.
            header.kind = .hardLink
            header.linkTarget = first
            header.attributes = []
            return header
        }
        switch entry.status.kind {
        case .regular, .socket:
            header.size = entry.status.size
        case .directory:
            header.kind = .directory
            header.path = entry.path.isEmpty ? Array("./".utf8) : entry.path + [slash]
        case .symlink:
            header.kind = .symlink
            header.linkTarget = entry.symlinkTarget
        case .characterDevice, .blockDevice:
            header.kind = entry.status.kind == .blockDevice ? .blockDevice : .characterDevice
            header.device = entry.status.specialDevice
        case .fifo:
            header.kind = .fifo
        }
        return header
    }

    private func time(_ time: Timestamp) -> Timestamp {
        let time = options.keepsSubseconds ? time : Timestamp(seconds: time.seconds)
        return min(time, options.latestTime ?? time)
    }

    /// Writes a whiteout or an opaque mark: an empty file whose own metadata mean nothing and are always the same.
    private func addMark(_ path: [UInt8]) throws {
        try write(TarHeader(path: path, kind: .regular, permissions: 0o600))
    }

    private func write(_ header: TarHeader) throws {
        entries += 1
        try header.encoded().withUnsafeBytes { try stream.write($0) }
    }

    private func writeZeros(_ count: Int) throws {
        if count == 0 { return }
        try withUnsafeTemporaryAllocation(byteCount: count, alignment: 8) { zeros in
            zeros.initializeMemory(as: UInt8.self, repeating: 0)
            try stream.write(UnsafeRawBufferPointer(zeros))
        }
    }
}

extension [UInt8] {
    /// A path with `prefix` put before its last component.
    fileprivate func inserting(_ prefix: [UInt8]) -> [UInt8] {
        let start = lastIndex(of: slash).map { $0 + 1 } ?? 0
        return self[..<start] + prefix + self[start...]
    }
}
