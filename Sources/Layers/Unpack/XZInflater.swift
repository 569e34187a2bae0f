import CLZMA
import Failure

/// xz of one or many streams. Checks that a stream has are checked.
final class XZInflater: Inflater {
    /// The most that a decoder may take: xz -9 asks for 65 MiB, and a header can ask for gigabytes.
    private static let memoryLimit: UInt64 = 256 << 20
    /// LZMA_CONCATENATED, a macro that Swift does not see: go on after a stream's end.
    private static let concatenated: UInt32 = 0x08

    private let input: BlobInput
    private let stream = UnsafeMutablePointer<lzma_stream>.allocate(capacity: 1)
    private var isAtEnd = false

    init(_ input: BlobInput) throws {
        self.input = input
        stream.initialize(to: lzma_stream())
        guard lzma_stream_decoder(stream, Self.memoryLimit, Self.concatenated) == LZMA_OK else {
            throw Failure("no memory for an xz decompressor")
        }
    }

    deinit {
        lzma_end(stream)
        stream.deallocate()
    }

    func fill(_ memory: UnsafeMutableRawBufferPointer) throws -> Int {
        var filled = 0
        while filled < memory.count, !isAtEnd {
            let hasInput = try input.refill()
            let (rest, room) = (input.rest, UnsafeMutableRawBufferPointer(rebasing: memory[filled...]))
            stream.pointee.next_in = rest.baseAddress?.assumingMemoryBound(to: UInt8.self)
            stream.pointee.avail_in = rest.count
            stream.pointee.next_out = room.baseAddress?.assumingMemoryBound(to: UInt8.self)
            stream.pointee.avail_out = room.count
            let result = lzma_code(stream, hasInput ? LZMA_RUN : LZMA_FINISH)
            input.consume(rest.count - stream.pointee.avail_in)
            filled += room.count - stream.pointee.avail_out
            switch result {
            case LZMA_OK: break
            case LZMA_STREAM_END: isAtEnd = true
            default: throw problem(result)
            }
        }
        return filled
    }

    private func problem(_ result: lzma_ret) -> Failure {
        switch result {
        case LZMA_BUF_ERROR: Failure("the xz stream is truncated")
        case LZMA_MEMLIMIT_ERROR:
            Failure(
                "the xz stream wants \(lzma_memusage(stream) >> 20) MiB of memory, more than \(Self.memoryLimit >> 20)",
                help: "compress it again with xz -9 or less, or with zstd")
        case LZMA_MEM_ERROR: Failure("no memory to decompress the xz stream")
        case LZMA_OPTIONS_ERROR: Failure("the xz stream has options that this liblzma does not know")
        case LZMA_FORMAT_ERROR: Failure("the xz stream is damaged: what follows it is none")
        default: Failure("the xz stream is damaged")
        }
    }
}
