import CBzip2
import Failure

/// bzip2 of one or many streams. It takes less than 4 MiB, whatever the stream says.
final class Bzip2Inflater: Inflater {
    private let input: BlobInput
    private let stream = UnsafeMutablePointer<bz_stream>.allocate(capacity: 1)
    private var isBetweenStreams = true

    init(_ input: BlobInput) throws {
        self.input = input
        stream.initialize(to: bz_stream())
        try begin()
    }

    deinit {
        BZ2_bzDecompressEnd(stream)
        stream.deallocate()
    }

    private func begin() throws {
        stream.pointee = bz_stream()
        guard BZ2_bzDecompressInit(stream, 0, 0) == BZ_OK else { throw Failure("no memory for a bzip2 decompressor") }
    }

    func fill(_ memory: UnsafeMutableRawBufferPointer) throws -> Int {
        var filled = 0
        while filled < memory.count {
            let hasInput = try input.refill()
            if !hasInput {
                if isBetweenStreams { break }
                throw Failure("the bzip2 stream is truncated")
            }
            isBetweenStreams = false
            let (rest, room) = (input.rest, UnsafeMutableRawBufferPointer(rebasing: memory[filled...]))
            stream.pointee.next_in = UnsafeMutablePointer(
                mutating: rest.baseAddress?.assumingMemoryBound(to: CChar.self))
            stream.pointee.avail_in = UInt32(rest.count)
            stream.pointee.next_out = room.baseAddress?.assumingMemoryBound(to: CChar.self)
            stream.pointee.avail_out = UInt32(room.count)
            let result = BZ2_bzDecompress(stream)
            input.consume(rest.count - Int(stream.pointee.avail_in))
            filled += room.count - Int(stream.pointee.avail_out)
            switch result {
            case BZ_OK: break
            case BZ_STREAM_END:
                isBetweenStreams = true
                BZ2_bzDecompressEnd(stream)
                try begin()
            case BZ_MEM_ERROR: throw Failure("no memory to decompress the bzip2 stream")
            default: throw Failure("the bzip2 stream is damaged")
            }
        }
        return filled
    }
}
