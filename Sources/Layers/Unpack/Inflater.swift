import CISAL
import CZstd
import Failure
import FileTree

/// Turns the bytes of a blob into those of the archive in it.
protocol Inflater: AnyObject {
    /// Fills as much of `memory` as it can; less than all only at the end.
    func fill(_ memory: UnsafeMutableRawBufferPointer) throws -> Int
}

/// Makes the inflater for what `input` starts with. Media types are not asked: not a few registries get them wrong.
func makeInflater(_ input: BlobInput) throws -> any Inflater {
    let start = try input.peek(4)
    if start.starts(with: [0x1f, 0x8b]) { return GzipInflater(input) }
    // A zstd frame, or a skippable frame before one.
    if start.starts(with: [0x28, 0xb5, 0x2f, 0xfd]) { return try ZstdInflater(input) }
    if start.count == 4, start[0] & 0xf0 == 0x50, Array(start[1...]) == [0x2a, 0x4d, 0x18] {
        return try ZstdInflater(input)
    }
    return PlainInput(input)
}

/// No compression.
private final class PlainInput: Inflater {
    private let input: BlobInput

    init(_ input: BlobInput) {
        self.input = input
    }

    func fill(_ memory: UnsafeMutableRawBufferPointer) throws -> Int {
        var filled = 0
        while filled < memory.count, try input.refill() {
            let piece = UnsafeRawBufferPointer(rebasing: input.rest.prefix(memory.count - filled))
            UnsafeMutableRawBufferPointer(rebasing: memory[filled...]).copyMemory(from: piece)
            input.consume(piece.count)
            filled += piece.count
        }
        return filled
    }
}

/// gzip of one or many members, by ISA-L, which also checks each member's CRC and length.
private final class GzipInflater: Inflater {
    private let input: BlobInput
    private let state: UnsafeMutablePointer<inflate_state>
    private var isBetweenMembers = true

    init(_ input: BlobInput) {
        self.input = input
        state = .allocate(capacity: 1)
        isal_inflate_init(state)
        state.pointee.crc_flag = UInt32(ISAL_GZIP)
    }

    deinit {
        state.deallocate()
    }

    func fill(_ memory: UnsafeMutableRawBufferPointer) throws -> Int {
        guard let base = memory.baseAddress else { return 0 }
        state.pointee.next_out = base.assumingMemoryBound(to: UInt8.self)
        state.pointee.avail_out = UInt32(memory.count)
        while state.pointee.avail_out > 0 {
            let hasInput = try input.refill()
            if isBetweenMembers {
                if !hasInput { break }
                isal_inflate_reset(state)
                isBetweenMembers = false
            } else if !hasInput {
                throw Failure("the gzip stream is truncated")
            }
            try inflate()
        }
        return memory.count - Int(state.pointee.avail_out)
    }

    /// Inflates until the input at hand, the room, or the member is at its end.
    private func inflate() throws {
        let rest = input.rest
        let before = rest.count
        state.pointee.next_in = UnsafeMutablePointer(mutating: rest.baseAddress?.assumingMemoryBound(to: UInt8.self))
        state.pointee.avail_in = UInt32(before)
        let outBefore = state.pointee.avail_out
        let result = isal_inflate(state)
        guard result == ISAL_DECOMP_OK || result == ISAL_END_INPUT || result == ISAL_OUT_OVERFLOW else {
            throw Failure("the gzip stream is damaged: \(Self.explain(result))")
        }
        let taken = before - Int(state.pointee.avail_in)
        input.consume(taken)
        if state.pointee.block_state == ISAL_BLOCK_FINISH {
            isBetweenMembers = true
        } else if taken == 0, state.pointee.avail_out == outBefore {
            throw Failure("the gzip stream is damaged: it leads nowhere")
        }
    }

    private static func explain(_ result: Int32) -> String {
        switch result {
        case ISAL_INVALID_BLOCK: "invalid deflate block"
        case ISAL_INVALID_SYMBOL: "invalid deflate symbol"
        case ISAL_INVALID_LOOKBACK: "invalid lookback distance"
        case ISAL_INVALID_WRAPPER: "invalid gzip header"
        case ISAL_UNSUPPORTED_METHOD: "unsupported compression method"
        case ISAL_INCORRECT_CHECKSUM: "checksum mismatch"
        default: "error \(result)"
        }
    }
}

/// zstd of one or many frames.
private final class ZstdInflater: Inflater {
    private let input: BlobInput
    private let handle: OpaquePointer
    private var isBetweenFrames = true

    init(_ input: BlobInput) throws {
        self.input = input
        guard let handle = ZSTD_createDCtx() else { throw Failure("no memory for a zstd decompressor") }
        self.handle = handle
    }

    deinit {
        ZSTD_freeDCtx(handle)
    }

    func fill(_ memory: UnsafeMutableRawBufferPointer) throws -> Int {
        var output = ZSTD_outBuffer(dst: memory.baseAddress, size: memory.count, pos: 0)
        while output.pos < output.size {
            // A frame whose input is all taken may still have output to give.
            let hasInput = try input.refill()
            if !hasInput, isBetweenFrames { break }
            let rest = input.rest
            let before = output.pos
            var piece = ZSTD_inBuffer(src: rest.baseAddress, size: rest.count, pos: 0)
            let result = ZSTD_decompressStream(handle, &output, &piece)
            guard ZSTD_isError(result) == 0 else {
                throw Failure("the zstd stream is damaged: \(String(cString: ZSTD_getErrorName(result)))")
            }
            input.consume(piece.pos)
            isBetweenFrames = result == 0
            if !hasInput, !isBetweenFrames, output.pos == before { throw Failure("the zstd stream is truncated") }
        }
        return output.pos
    }
}
