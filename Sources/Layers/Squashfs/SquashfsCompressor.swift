import CSquashFS
import CZstd
import Failure
import Glibc

/// zstd for libsquashfs: the same bytes as its own compressor gives, but content that cannot be compressed does not
/// cost the time of a high level. A try at level 1 tells: where that saves nothing, level 15 saves next to nothing, and
/// the block is stored as it is.
enum SquashfsCompressor {
    /// Blocks that are not larger are compressed without a try: of metadata.
    private static let smallBlock = 8192

    /// Up to this level a try costs more than it saves: a tenth to a sixth of the time.
    private static let lowLevel = 9

    /// Makes a compressor, which libsquashfs copies for each of its threads.
    static func make(level: Int) throws -> SquashfsObject {
        let state = create(level: Int32(level))
        return try SquashfsObject(
            state.map { UnsafeMutableRawPointer($0).assumingMemoryBound(to: sqfs_compressor_t.self) })
    }

    private typealias State = UnsafeMutablePointer<stacker_squashfs_compressor>

    private static func state(_ object: UnsafeRawPointer) -> State {
        UnsafeMutableRawPointer(mutating: object).assumingMemoryBound(to: stacker_squashfs_compressor.self)
    }

    private static func create(level: Int32) -> State? {
        guard let compressor = ZSTD_createCCtx() else { return nil }
        guard let probe = ZSTD_createCCtx() else {
            ZSTD_freeCCtx(compressor)
            return nil
        }
        let state = State.allocate(capacity: 1)
        state.initialize(to: stacker_squashfs_compressor())
        state.pointee.compressor = UnsafeMutableRawPointer(compressor)
        state.pointee.probe = UnsafeMutableRawPointer(probe)
        state.pointee.level = level
        state.pointee.base.base.destroy = { object in
            guard let object else { return }
            let state = SquashfsCompressor.state(object)
            ZSTD_freeCCtx(OpaquePointer(state.pointee.compressor))
            ZSTD_freeCCtx(OpaquePointer(state.pointee.probe))
            state.deallocate()
        }
        state.pointee.base.base.copy = { object in
            object.flatMap { SquashfsCompressor.create(level: Int32(SquashfsCompressor.state($0).pointee.level)) }
                .map { UnsafeMutableRawPointer($0).assumingMemoryBound(to: sqfs_object_t.self) }
        }
        state.pointee.base.get_configuration = { compressor, configuration in
            guard let compressor, let configuration else { return }
            configuration.pointee = sqfs_compressor_config_t()
            configuration.pointee.id = UInt16(SQFS_COMP_ZSTD.rawValue)
            configuration.pointee.block_size = UInt32(SquashfsImage.blockSize)
            configuration.pointee.level = UInt32(SquashfsCompressor.state(compressor).pointee.level)
        }
        state.pointee.base.write_options = { _, _ in 0 }
        state.pointee.base.read_options = { _, _ in SQFS_ERROR_UNSUPPORTED.rawValue }
        state.pointee.base.do_block = { compressor, input, count, output, room in
            guard let compressor else { return SQFS_ERROR_ARG_INVALID.rawValue }
            let state = SquashfsCompressor.state(compressor).pointee
            if state.level > SquashfsCompressor.lowLevel, count > SquashfsCompressor.smallBlock {
                let probed = SquashfsCompressor.compress(state.probe, 1, input, count, output, room)
                if probed <= 0 { return probed }
            }
            return SquashfsCompressor.compress(state.compressor, state.level, input, count, output, room)
        }
        return state
    }

    /// - Returns: the number of bytes; 0 if there would be no fewer than before; or an error of libsquashfs.
    private static func compress(
        _ context: UnsafeMutableRawPointer?, _ level: Int32, _ input: UnsafePointer<UInt8>?, _ count: UInt32,
        _ output: UnsafeMutablePointer<UInt8>?, _ room: UInt32
    ) -> Int32 {
        let result = ZSTD_compressCCtx(
            OpaquePointer(context), output, Int(room), input, Int(count), level)
        if ZSTD_isError(result) == 0 { return result < count ? Int32(result) : 0 }
        return ZSTD_getErrorCode(result) == ZSTD_error_dstSize_tooSmall ? 0 : SQFS_ERROR_COMPRESSOR.rawValue
    }
}
