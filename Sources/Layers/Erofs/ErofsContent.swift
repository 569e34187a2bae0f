import Failure

/// The content of one file on its way into an image.
struct ErofsContent {
    /// How the content was stored.
    enum Stored {
        /// After the inode.
        case inline([UInt8])
        /// As it is, from a block on.
        case plain(UInt32)
        /// In clusters; the index follows the inode, at the next multiple of eight bytes.
        case compressed(blocks: UInt32, index: [UInt8])
    }

    /// A cluster of the file.
    private struct Extent {
        var start: Int64
        var block: UInt32
        var isPlain: Bool
    }

    let size: Int64
    private let buffer: Chunk
    private let level: Int
    private let workers: Int
    private let processors: Processors
    private var position: Int64 = 0
    private var extents: [Extent] = []

    /// - Parameter buffer: memory for ``ErofsCompressor/batchSize`` bytes.
    init(size: Int64, buffer: Chunk, level: Int, workers: Int, on processors: Processors) {
        self.size = size
        self.processors = processors
        self.buffer = buffer
        self.level = level
        self.workers = workers
        buffer.count = 0
    }

    mutating func add(_ bytes: UnsafeRawBufferPointer, to image: inout ErofsImage) throws {
        var rest = buffer.fill(bytes)
        while buffer.count == buffer.memory.count {
            try compress(into: &image)
            rest = buffer.fill(rest)
        }
    }

    /// - Parameter room: how many bytes can follow the inode within its block.
    mutating func finish(room: Int, in image: inout ErofsImage) throws -> Stored {
        guard size > 0 else { return .plain(0) }
        if size <= room { return .inline(Array(buffer.bytes)) }
        if buffer.count > 0 { try compress(into: &image) }
        if extents.allSatisfy(\.isPlain), let first = extents.first {
            let isInARow = zip(extents, first.block...).allSatisfy { $0.block == $1 }
            if isInARow { return .plain(first.block) }
        }
        return .compressed(blocks: UInt32(extents.count), index: index)
    }

    private mutating func compress(into image: inout ErofsImage) throws {
        for part in try ErofsCompressor.compress(buffer, level: level, workers: workers, on: processors) {
            var block = try part.blocks.withUnsafeBytes { try image.append($0) }
            for extent in part.extents {
                extents.append(Extent(start: position, block: block, isPlain: extent.isPlain))
                position += Int64(extent.length)
                block += 1
            }
        }
        buffer.count = 0
    }

    /// Eight bytes for each block of the content, after a header of zeros: lz4, blocks as large as the image's.
    ///
    /// An extent is named in the block where it starts. A block in which none starts says how far it is to the one
    /// before and the one after. Since an extent starts in a later block than the one before it, one name is enough.
    private var index: [UInt8] {
        let header = 16
        var bytes = [UInt8](repeating: 0, count: header + 8 * Int(Erofs.blocks(size)))
        func put(_ type: Erofs.Cluster, _ offset: Int64, block: Int64, _ rest: UInt32) {
            let place = header + 8 * Int(block)
            bytes.put(type.rawValue, at: place)
            bytes.put(UInt16(offset), at: place + 2)
            bytes.put(rest, at: place + 4)
        }
        let blockSize = Int64(Erofs.blockSize)
        for (number, extent) in extents.enumerated() {
            let end = number + 1 < extents.count ? extents[number + 1].start : size
            let (first, next) = (extent.start / blockSize, end / blockSize)
            put(extent.isPlain ? .plain : .head, extent.start % blockSize, block: first, extent.block)
            for block in first + 1..<max(next, first + 1) {
                put(.body, 0, block: block, UInt32(block - first) | UInt32(next - block) << 16)
            }
            // The end of the file is written like one more extent, in a block where nothing else starts.
            if end == size, size % blockSize > 0, next > first { put(.plain, size % blockSize, block: next, 0) }
        }
        return bytes
    }
}
