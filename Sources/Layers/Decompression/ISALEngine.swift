import CISAL
import Failure

/// gzip by ISA-L.
final class ISALEngine: GzipEngine {
    /// Whether this machine has the library.
    static var isThere: Bool { stacker_isal() != nil }

    private let isal: stacker_isal
    private let state = UnsafeMutablePointer<inflate_state>.allocate(capacity: 1)

    init() throws {
        guard let isal = stacker_isal() else { throw Failure("ISA-L is not installed") }
        self.isal = isal.pointee
        self.isal.`init`(state)
        state.pointee.crc_flag = UInt32(ISAL_GZIP)
    }

    deinit {
        state.deallocate()
    }

    func reset() {
        isal.reset(state)
    }

    func inflate(_ input: UnsafeRawBufferPointer, into room: UnsafeMutableRawBufferPointer) throws -> Step {
        state.pointee.next_in = UnsafeMutablePointer(
            mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
        state.pointee.avail_in = UInt32(input.count)
        state.pointee.next_out = room.baseAddress?.assumingMemoryBound(to: UInt8.self)
        state.pointee.avail_out = UInt32(room.count)
        let result = isal.inflate(state)
        guard result == ISAL_DECOMP_OK || result == ISAL_END_INPUT || result == ISAL_OUT_OVERFLOW else {
            throw Failure("the gzip stream is damaged: \(Self.explain(result))")
        }
        return (
            input.count - Int(state.pointee.avail_in), room.count - Int(state.pointee.avail_out),
            state.pointee.block_state == ISAL_BLOCK_FINISH
        )
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
