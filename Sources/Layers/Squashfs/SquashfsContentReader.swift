import CSquashFS
import Failure
import Glibc

/// Reads the content of files, block by block.
final class SquashfsContentReader: LayerContent {
    private let file: SquashfsFile
    private let decompressor: SquashfsObject
    private let fragments: SquashfsObject
    private let blockSize: Int
    private let compressed: Chunk
    private let block: Chunk
    /// The block of tails that was read last: small files lie in it one after the other.
    private let tails: Chunk
    private var tailsIndex: UInt32?

    /// The file that is being read, and how far.
    private var blocks = SquashfsStoredInode.Blocks(start: 0, lengths: [])
    private var size: Int64 = 0
    private var next = 0
    private var position: UInt64 = 0

    init(_ file: SquashfsFile, _ decompressor: SquashfsObject, _ superblock: inout sqfs_super_t) throws {
        self.file = file
        self.decompressor = decompressor
        blockSize = Int(superblock.block_size)
        compressed = Chunk(capacity: blockSize)
        block = Chunk(capacity: blockSize)
        tails = Chunk(capacity: blockSize)
        fragments = try SquashfsObject(sqfs_frag_table_create(0))
        try file.check(sqfs_frag_table_read(fragments.pointer, file.pointer, &superblock, decompressor.typed()))
    }

    /// What is read from now on is the content of this file.
    func begin(_ inode: SquashfsStoredInode) {
        blocks = inode.blocks
        size = inode.size
        next = 0
        position = inode.blocks.start
    }

    func nextContent() throws -> (bytes: UnsafeRawBufferPointer, offset: Int64)? {
        while next < blocks.lengths.count {
            let offset = Int64(next) * Int64(blockSize)
            let length = blocks.lengths[next]
            let wanted = Int(min(Int64(blockSize), size - offset))
            let place = position
            position &+= UInt64(length & 0xff_ffff)
            next += 1
            // No length: a block of zeros.
            if length & 0xff_ffff == 0 { continue }
            try read(length, at: place, into: block)
            guard block.count == wanted else { throw Failure("a block of it unpacks to another length") }
            return (block.bytes, offset)
        }
        guard let fragment = blocks.fragment else { return nil }
        blocks.fragment = nil
        let offset = Int64(next) * Int64(blockSize)
        let bytes = try tail(fragment.index, from: Int(fragment.offset), count: Int(size - offset))
        return (bytes, offset)
    }

    private func tail(_ index: UInt32, from start: Int, count: Int) throws -> UnsafeRawBufferPointer {
        if tailsIndex != index {
            var place = sqfs_fragment_t()
            tailsIndex = nil
            guard sqfs_frag_table_lookup(fragments.pointer, index, &place) == 0 else {
                throw Failure("the end of it is in a block that does not exist")
            }
            try read(place.size, at: place.start_offset, into: tails)
            tailsIndex = index
        }
        guard start <= tails.count, count <= tails.count - start else {
            throw Failure("the end of it is beyond the block that it is in")
        }
        return UnsafeRawBufferPointer(rebasing: tails.memory[start..<start + count])
    }

    /// Reads a block.
    ///
    /// - Parameter length: how long it is on disk, with the flag that says it is stored as it is.
    private func read(_ length: UInt32, at place: UInt64, into chunk: Chunk) throws {
        let count = Int(length & 0xff_ffff)
        guard count <= blockSize else { throw Failure("a block of it is larger than blocks are") }
        let isCompressed = length & 1 << 24 == 0
        let target = isCompressed ? compressed : chunk
        try file.check(file.pointer.pointee.read_at(file.pointer, place, target.memory.baseAddress, count))
        guard isCompressed else {
            chunk.count = count
            return
        }
        let compressor: UnsafeMutablePointer<sqfs_compressor_t> = decompressor.typed()
        let result = try file.check(
            compressor.pointee.do_block(
                compressor, compressed.memory.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt32(count),
                chunk.memory.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt32(blockSize)))
        guard result > 0, Int(result) <= blockSize else { throw Failure("a block of it unpacks to another length") }
        chunk.count = Int(result)
    }
}
