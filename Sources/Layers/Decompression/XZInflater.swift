import CLZMA
import Failure

/// xz of one or many streams. Checks that a stream has are checked.
final class XZInflater: Inflater {
    /// The most that a decoder may take: xz -9 asks for 65 MiB, and a header can ask for gigabytes.
    private static let memoryLimit: UInt64 = 256 << 20
    /// What every stream begins with.
    private static let firstByte: UInt8 = 0xFD

    private let input: BlobInput
    private let stream = UnsafeMutablePointer<lzma_stream>.allocate(capacity: 1)
    private var isAtEnd = false

    init(_ input: BlobInput) throws {
        self.input = input
        stream.initialize(to: lzma_stream())
        try beginStream()
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
            case LZMA_STREAM_END:
                isAtEnd = try !skipPadding()
                if !isAtEnd { try beginStream() }
            default: throw problem(result)
            }
        }
        return filled
    }

    private func beginStream() throws {
        guard lzma_stream_decoder(stream, Self.memoryLimit, 0) == LZMA_OK else {
            throw Failure("no memory for an xz decompressor")
        }
    }

    /// Goes on to the next stream: between two there may be zeros, four or a multiple of that.
    ///
    /// - Returns: false if there is none.
    /// - Throws: `Failure` if what follows is something else. Here and not by the decoder, which takes less than a header
    ///   for one that is cut off.
    private func skipPadding() throws -> Bool {
        var count = 0
        while try input.refill() {
            let zeros = input.rest.prefix { $0 == 0 }.count
            count += zeros
            let next = zeros < input.rest.count ? input.rest[zeros] : nil
            input.consume(zeros)
            guard let next else { continue }
            guard next == Self.firstByte, count % 4 == 0 else { throw Self.foreignEnd }
            return true
        }
        guard count % 4 == 0 else { throw Self.foreignEnd }
        return false
    }

    private static var foreignEnd: Failure { Failure("the xz stream is damaged: what follows it is none") }

    private func problem(_ result: lzma_ret) -> Failure {
        switch result {
        case LZMA_BUF_ERROR: Failure("the xz stream is truncated")
        case LZMA_MEMLIMIT_ERROR:
            Failure(
                "the xz stream wants \(lzma_memusage(stream) >> 20) MiB of memory, more than \(Self.memoryLimit >> 20)",
                help: "compress it again with xz -9 or less, or with zstd")
        case LZMA_MEM_ERROR: Failure("no memory to decompress the xz stream")
        case LZMA_OPTIONS_ERROR: Failure("the xz stream has options that this liblzma does not know")
        case LZMA_FORMAT_ERROR: Self.foreignEnd
        default: Failure("the xz stream is damaged")
        }
    }
}
