import Failure
import FileTree
import Glibc
import OCI

/// An erofs image that is being written, block after block: content as it comes, inodes in blocks of their own between
/// it, so that nothing but the block of inodes at hand is in memory.
///
/// An inode can be anywhere, since its number says its place; only the root's has to be near the start, which is why it
/// comes first.
struct ErofsImage {
    private let file: OpenFile
    private var hasher = DigestHasher()
    /// The first block that is not given away.
    private var nextBlock: Int64 = 1
    /// The block that inodes are written to, as far as it is filled.
    private var inodes = [UInt8](repeating: 0, count: Erofs.superblockOffset + Erofs.superblockSize)
    /// Where it lies, in bytes.
    private var inodesOffset: Int64 = 0

    init(_ file: OpenFile) {
        self.file = file
    }

    /// Writes content; the last block of it is filled with zeros.
    ///
    /// - Returns: The block that it starts in.
    mutating func append(_ bytes: UnsafeRawBufferPointer) throws -> UInt32 {
        let block = try takeBlocks(Erofs.blocks(Int64(bytes.count)))
        hasher.update(bytes)
        try file.writeAll(bytes, at: Int64(block) * Int64(Erofs.blockSize))
        return block
    }

    /// Finds the place of the next inode, together with what follows it. If that is not more than a block, then it lies
    /// in one block.
    ///
    /// - Returns: Where it starts, in bytes.
    mutating func place(ofInode count: Int) throws -> Int64 {
        inodes += repeatElement(0, count: -inodes.count & (ErofsInode.size - 1))
        if inodes.count + count > Erofs.blockSize {
            try flush()
            inodesOffset = Int64(try takeBlocks(Erofs.blocks(Int64(count)))) * Int64(Erofs.blockSize)
        }
        return inodesOffset + Int64(inodes.count)
    }

    /// Writes an inode with what follows it to the place that was found last.
    mutating func appendInode(_ bytes: [UInt8]) throws {
        inodes += bytes
        // Where several blocks end with a full one, that stays at hand: the one after it belongs to nobody.
        let whole = (inodes.count - 1) & ~(Erofs.blockSize - 1)
        if whole == 0 { return }
        let last = Array(inodes[whole...])
        inodes.removeLast(last.count)
        try flush()
        inodesOffset += Int64(whole)
        inodes = last
    }

    /// Changes bytes of an inode or directory that was written.
    mutating func overwrite(_ bytes: [UInt8], at offset: Int64) throws {
        if offset >= inodesOffset, offset < inodesOffset + Int64(inodes.count) {
            let start = Int(offset - inodesOffset)
            inodes.replaceSubrange(start..<start + bytes.count, with: bytes)
        } else {
            try bytes.withUnsafeBytes {
                hasher.update($0)
                try file.writeAll($0, at: offset)
            }
        }
    }

    /// Writes the superblock. The image has no other time than those of its inodes.
    ///
    /// - Returns: The image's length, and a digest that follows from all of it.
    mutating func finish(root: Int64, inodes count: UInt64) throws -> (size: UInt64, digest: Digest) {
        try flush()
        let size = nextBlock * Int64(Erofs.blockSize)
        // The last block may not be full.
        try checked(ftruncate(file.number, Int(size)), at: file.place)
        let digest = hasher.finish()
        var block = try file.readExactly(Erofs.blockSize, at: 0)
        ErofsSuperblock(
            rootSlot: UInt16(root / Int64(Erofs.slotSize)), inodes: count, blocks: UInt32(nextBlock), uuid: digest.uuid
        ).put(into: &block)
        try block.withUnsafeBytes { try file.writeAll($0, at: 0) }
        return (UInt64(size), digest)
    }

    private mutating func takeBlocks(_ count: Int64) throws -> UInt32 {
        guard nextBlock + count <= Int64(UInt32.max) else { throw Failure("an erofs cannot hold more than 16 TiB") }
        defer { nextBlock += count }
        return UInt32(nextBlock)
    }

    /// Writes the block of inodes.
    private mutating func flush() throws {
        try inodes.withUnsafeBytes {
            hasher.update($0)
            try file.writeAll($0, at: inodesOffset)
        }
        inodes.removeAll(keepingCapacity: true)
    }
}
