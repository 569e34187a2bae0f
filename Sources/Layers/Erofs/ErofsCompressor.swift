import CLZ4
import Dispatch
import Failure
import Synchronization

/// Compresses content into clusters of one block each. Every cluster holds as much content as fits into it.
///
/// Content is cut into segments at fixed places, and no cluster crosses from one to the next: they are compressed on
/// several threads, and the result does not depend on how many there are.
enum ErofsCompressor {
    /// Bytes of a segment; whole blocks.
    static let segmentSize = 512 << 10
    /// How many segments are worth collecting for several threads.
    static let batchSize = 8 * segmentSize

    /// What a cluster holds.
    struct Extent {
        /// Bytes of content.
        var length: Int
        /// Whether they are stored as they are.
        var isPlain: Bool
    }

    /// A part of a file: an extent for each block.
    struct Compressed: Sendable {
        var extents: [Extent] = []
        var blocks: [UInt8] = []
    }

    /// Compresses what is in `chunk`, which starts at the start of a segment.
    static func compress(_ chunk: Chunk, level: Int, workers: Int, on processors: Processors) throws -> [Compressed] {
        let count = (chunk.count + segmentSize - 1) / segmentSize
        let results = Mutex<[Int: Compressed]>([:])
        let next = Atomic(0)
        let extra = processors.threads.take(atMost: min(count, workers) - 1)
        defer { processors.threads.give(extra) }
        DispatchQueue.concurrentPerform(iterations: 1 + extra) { _ in
            let state = UnsafeMutableRawPointer.allocate(byteCount: Int(LZ4_sizeofStateHC()), alignment: 16)
            defer { state.deallocate() }
            while case let number = next.wrappingAdd(1, ordering: .relaxed).oldValue, number < count {
                let end = min(chunk.count, (number + 1) * segmentSize)
                let segment = UnsafeRawBufferPointer(rebasing: chunk.bytes[number * segmentSize..<end])
                let compressed = compress(segment, Int32(level), state)
                results.withLock { $0[number] = compressed }
            }
        }
        return try results.withLock { results in
            try (0..<count).map {
                guard let result = results[$0] else { throw Failure("couldn't compress its content") }
                return result
            }
        }
    }

    private static func compress(
        _ segment: UnsafeRawBufferPointer, _ level: Int32, _ state: UnsafeMutableRawPointer
    ) -> Compressed {
        let blockSize = Erofs.blockSize
        var result = Compressed()
        var block = [UInt8](repeating: 0, count: blockSize)
        var offset = 0
        while offset < segment.count {
            let rest = UnsafeRawBufferPointer(rebasing: segment[offset...])
            var taken = Int32(rest.count)
            // What fits into a block needs no compression.
            let count = rest.count <= blockSize ? 0 : fill(&block, from: rest, &taken, level, state)
            // A kernel has to unpack it: an eighth less is the least that is worth it.
            if count > 0, count <= blockSize, Int(taken) >= blockSize + blockSize / 8 {
                // Where the format wants it: at the end of the block, zeros before it.
                result.blocks += repeatElement(0, count: blockSize - count)
                result.blocks += block[..<count]
                result.extents.append(Extent(length: Int(taken), isPlain: false))
                offset += Int(taken)
            } else {
                let length = min(blockSize, rest.count)
                result.blocks += rest[..<length]
                result.blocks += repeatElement(0, count: blockSize - length)
                result.extents.append(Extent(length: length, isPlain: true))
                offset += length
            }
        }
        return result
    }

    /// Compresses as much as fits.
    ///
    /// - Parameter taken: how much there is; after that, how much of it was compressed.
    /// - Returns: how many bytes of the block were needed.
    private static func fill(
        _ block: inout [UInt8], from bytes: UnsafeRawBufferPointer, _ taken: inout Int32, _ level: Int32,
        _ state: UnsafeMutableRawPointer
    ) -> Int {
        let source = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
        return block.withUnsafeMutableBytes {
            let target = $0.baseAddress?.assumingMemoryBound(to: CChar.self)
            let room = Int32($0.count)
            // What lz4hc calls level 0 is its default.
            let count =
                level == 0
                ? LZ4_compress_destSize(source, target, &taken, room)
                : LZ4_compress_HC_destSize(state, source, target, &taken, room, level)
            return Int(count)
        }
    }
}
