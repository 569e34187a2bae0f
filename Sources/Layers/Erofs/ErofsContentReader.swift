import CLZ4
import Failure

/// Reads the content of files.
final class ErofsContentReader: LayerContent {
    /// As the kernel has it: what one cluster unpacks to at most, and how many blocks it has.
    private static let longestExtent = 12 << 20
    private static let mostBlocks = 256
    private static let pieceSize = 256 << 10
    /// The block that stands for zeros.
    private static let hole = UInt32.max

    private let input: ErofsInput
    private var stored = Chunk(capacity: 64 << 10)
    private var piece = Chunk(capacity: 512 << 10)

    /// The file that is being read, and how far.
    private var inode = ErofsStoredInode()
    private var position: Int64 = 0
    private var index: ErofsIndexReader?

    init(_ input: ErofsInput) {
        self.input = input
    }

    /// What is read from now on is the content of this file.
    func begin(_ inode: ErofsStoredInode) throws {
        self.inode = inode
        position = 0
        index = nil
        if inode.layout == .compressed || inode.layout == .compact, inode.size > 0 {
            index = try ErofsIndexReader(inode, input)
        }
    }

    /// The whole content of something small.
    func whole(_ inode: ErofsStoredInode) throws -> [UInt8] {
        try begin(inode)
        var bytes: [UInt8] = []
        while let piece = try nextContent() {
            bytes += repeatElement(0, count: Int(piece.offset) - bytes.count)
            bytes += piece.bytes
        }
        return bytes + repeatElement(0, count: Int(inode.size) - bytes.count)
    }

    func nextContent() throws -> (bytes: UnsafeRawBufferPointer, offset: Int64)? {
        while position < inode.size {
            let offset = position
            switch inode.layout {
            case .plain, .inline: try readPlain()
            case .chunks: try readChunk()
            case .compressed, .compact: try readExtent()
            }
            guard position > offset else { throw Failure("the erofs is damaged: a part of a file has no bytes") }
            // A hole.
            if piece.count == 0 { continue }
            return (piece.bytes, offset)
        }
        return nil
    }

    /// A block of a directory's list; the last one may be shorter.
    func block(of directory: ErofsStoredInode, at offset: Int64) throws -> [UInt8] {
        inode = directory
        position = offset
        try readPlain(Erofs.blockSize)
        return Array(piece.bytes)
    }

    /// Blocks in a row; if the layout says so, what does not fill one follows the inode.
    private func readPlain(_ limit: Int = pieceSize) throws {
        var end = inode.size
        if inode.layout == .inline { end -= end % Int64(Erofs.blockSize) }
        if position < end {
            try read(
                Int(min(end - position, Int64(limit))), at: Int64(inode.place) * Int64(Erofs.blockSize) + position)
        } else {
            try read(Int(inode.size - position), at: inode.rest)
        }
    }

    private func readChunk() throws {
        let bits = Int64(inode.place & 31) + Int64(Erofs.blockBits)
        guard inode.place >> 6 == 0, bits < 32 else { throw Failure("its chunks are of no known form") }
        let isLong = inode.place & 32 != 0
        let entrySize: Int64 = isLong ? 8 : 4
        let start = (inode.rest + entrySize - 1) & ~(entrySize - 1)
        let entry = try input.read(Int(entrySize), at: start + (position >> bits) * entrySize)
        let block = entry.number(UInt32.self, at: entry.count - 4)
        let within = position & (1 << bits - 1)
        let count = min(inode.size - position, 1 << bits - within, Int64(Self.pieceSize))
        if block == Self.hole {
            piece.count = 0
            position += min(inode.size - position, 1 << bits - within)
        } else {
            guard !isLong || entry.number(UInt32.self, at: 0) == 0 else {
                throw Failure("a part of it lies in another file")
            }
            try read(Int(count), at: Int64(block) * Int64(Erofs.blockSize) + within)
        }
    }

    /// Reads bytes as they are.
    private func read(_ count: Int, at place: Int64) throws {
        piece.count = count
        try input.read(UnsafeMutableRawBufferPointer(rebasing: piece.memory[..<count]), at: place)
        position += Int64(count)
    }

    private func readExtent() throws {
        guard let extent = try index?.next(), extent.start == position else {
            throw Failure("the erofs is damaged: a part of its content is missing")
        }
        let capacity = extent.blocks * Erofs.blockSize
        guard extent.length > 0, extent.length <= Self.longestExtent, (1...Self.mostBlocks).contains(extent.blocks),
            !extent.isPlain || extent.length <= capacity
        else { throw Failure("the erofs is damaged: a part of its content has an impossible length") }
        let length = Int(extent.length)
        let place = Int64(extent.block) * Int64(Erofs.blockSize)
        if length > piece.memory.count { piece = Chunk(capacity: Self.longestExtent) }
        if extent.isPlain { return try read(length, at: place) }
        if capacity > stored.memory.count { stored = Chunk(capacity: Self.mostBlocks * Erofs.blockSize) }
        stored.count = capacity
        try input.read(UnsafeMutableRawBufferPointer(rebasing: stored.memory[..<capacity]), at: place)
        var source = stored.bytes
        if input.superblock.features & Erofs.Feature.zeroPadding != 0 {
            source = UnsafeRawBufferPointer(rebasing: source[(source.firstIndex { $0 != 0 } ?? source.endIndex)...])
        }
        let unpacked = LZ4_decompress_safe_partial(
            source.baseAddress?.assumingMemoryBound(to: CChar.self),
            piece.memory.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(source.count), Int32(length),
            Int32(length))
        guard unpacked == Int32(length) else {
            throw Failure("the erofs is damaged: a part of its content cannot be unpacked")
        }
        piece.count = length
        position += Int64(length)
    }
}
