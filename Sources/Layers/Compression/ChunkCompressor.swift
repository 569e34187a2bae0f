import CDeflate
import CZstd
import Failure

/// Compresses chunks one by one, each into a gzip member or zstd frame of its own: what comes out of several of them,
/// put one after the other, is a gzip or zstd stream, and depends on nothing but the chunks. Used by one thread at a
/// time.
protocol ChunkCompressor: AnyObject, Sendable {
    func compress(_ chunk: Chunk, _ pool: ChunkPool?) throws -> Chunk
}

extension Compression {
    /// How many bytes are compressed at a time. zstd looks back further than gzip, so that it gets more: with this its
    /// output is within a percent of that for the whole stream.
    var chunkSize: Int {
        if case .zstd = self { 4 << 20 } else { 1 << 20 }
    }

    /// `nil` where there is nothing to do.
    func makeCompressor() throws -> (any ChunkCompressor)? {
        switch self {
        case .gzip(let level): try GzipCompressor(level: level)
        case .zstd(let level): try ZstdCompressor(level: level)
        case .none: nil
        }
    }
}

private final class GzipCompressor: ChunkCompressor, @unchecked Sendable {
    private let handle: OpaquePointer
    /// Level 0: the bytes as they are, in gzip's clothes.
    private let storing: OpaquePointer
    private let probe: CompressibilityProbe

    init(level: Int) throws {
        try CompressionLevels.gzip.check(level)
        guard let handle = libdeflate_alloc_compressor(Int32(level)) else { throw Self.noMemory }
        guard let storing = libdeflate_alloc_compressor(0) else {
            libdeflate_free_compressor(handle)
            throw Self.noMemory
        }
        guard let probe = CompressibilityProbe() else {
            libdeflate_free_compressor(handle)
            libdeflate_free_compressor(storing)
            throw Self.noMemory
        }
        self.handle = handle
        self.storing = storing
        self.probe = probe
    }

    deinit {
        libdeflate_free_compressor(handle)
        libdeflate_free_compressor(storing)
    }

    func compress(_ chunk: Chunk, _ pool: ChunkPool?) throws -> Chunk {
        let handle = probe.isCompressible(chunk.bytes) ? handle : storing
        let result = Chunk(capacity: libdeflate_gzip_compress_bound(handle, chunk.memory.count), from: pool)
        result.count = libdeflate_gzip_compress(
            handle, chunk.memory.baseAddress, chunk.count, result.memory.baseAddress, result.memory.count)
        guard result.count > 0 else { throw Failure("libdeflate couldn't compress \(chunk.count) bytes") }
        return result
    }

    private static var noMemory: Failure { Failure("no memory for a gzip compressor") }
}

private final class ZstdCompressor: ChunkCompressor, @unchecked Sendable {
    private let handle: OpaquePointer

    init(level: Int) throws {
        try CompressionLevels.zstd.check(level)
        guard let handle = ZSTD_createCCtx() else { throw Failure("no memory for a zstd compressor") }
        self.handle = handle
        ZSTD_CCtx_setParameter(handle, ZSTD_c_compressionLevel, Int32(level))
        ZSTD_CCtx_setParameter(handle, ZSTD_c_checksumFlag, 1)
    }

    deinit {
        ZSTD_freeCCtx(handle)
    }

    func compress(_ chunk: Chunk, _ pool: ChunkPool?) throws -> Chunk {
        let result = Chunk(capacity: ZSTD_compressBound(chunk.memory.count), from: pool)
        let count = ZSTD_compress2(
            handle, result.memory.baseAddress, result.memory.count, chunk.memory.baseAddress, chunk.count)
        guard ZSTD_isError(count) == 0 else {
            throw Failure("zstd couldn't compress \(chunk.count) bytes: \(String(cString: ZSTD_getErrorName(count)))")
        }
        result.count = count
        return result
    }
}
