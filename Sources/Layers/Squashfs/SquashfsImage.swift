import CSquashFS
import Failure
import FileTree
import Glibc

/// Writes one squashfs image: content as it comes, everything else at the end.
///
/// [The format](https://dr-emann.github.io/squashfs/squashfs.html), as libsquashfs writes it. The bytes depend on
/// what is written and in which order, but not on the number of threads.
final class SquashfsImage {
    /// mksquashfs's default.
    static let blockSize = 131_072

    let file: SquashfsFile
    private let compressor: SquashfsObject
    private let fragments: SquashfsObject
    private let blocks: SquashfsObject
    private let attributeWriter: SquashfsObject
    private let extraThreads: Loan
    private var attributeSets: UInt32 = 0
    private var superblock = sqfs_super_t()

    /// - Parameter modified: the time that the superblock says.
    init(_ output: OpenFile, level: Int, workers: Int, modified: UInt32, on processors: Processors) throws {
        file = SquashfsFile(output, size: 0)
        extraThreads = Loan(atMost: workers - 1, of: processors.threads)
        let threads = 1 + extraThreads.amount
        compressor = try SquashfsCompressor.make(level: level)
        fragments = try SquashfsObject(sqfs_frag_table_create(0))
        attributeWriter = try SquashfsObject(sqfs_xattr_writer_create(0))
        let reader = try Self.decompressor()
        let writer = try SquashfsObject(sqfs_block_writer_create(file.pointer, 4096, 0), uses: [file])
        var description = sqfs_block_processor_desc_t()
        description.size = UInt32(MemoryLayout<sqfs_block_processor_desc_t>.size)
        description.max_block_size = UInt32(Self.blockSize)
        description.num_workers = UInt32(threads)
        description.max_backlog = UInt32(10 * threads)
        description.cmp = compressor.typed()
        description.wr = writer.typed()
        description.tbl = fragments.pointer
        // With these two, equal tails of files are compared byte by byte and not by their checksums only.
        description.file = file.pointer
        description.uncmp = reader.typed()
        var processor: OpaquePointer?
        try file.check(sqfs_block_processor_create_ex(&description, &processor))
        blocks = try SquashfsObject(processor, uses: [writer, compressor, reader, fragments, file])
        try file.check(
            sqfs_super_init(&superblock, Self.blockSize, modified, SQFS_COMP_ZSTD))
        // Room for it. It is written again when all is known.
        try file.check(sqfs_super_write(&superblock, file.pointer))
        if level != CompressionLevels.squashfs.standard { try writeOptions(level) }
    }

    /// Says the level, as mksquashfs does for one that is not its default: a block of metadata, not compressed, right
    /// after the superblock. No reader needs it; `unsquashfs -stat` shows it.
    private func writeOptions(_ level: Int) throws {
        superblock.flags |= UInt16(SQFS_FLAG_COMPRESSOR_OPTIONS.rawValue)
        var block = [UInt8](repeating: 0, count: 6)
        block.put(UInt16(0x8000 | 4), at: 0)
        block.put(UInt32(level), at: 2)
        try file.append(block)
    }

    // MARK: - Content

    /// Starts the content of a file.
    func beginContent() throws -> SquashfsFileInode {
        let inode = SquashfsFileInode()
        try file.check(sqfs_block_processor_begin_file(blocks.pointer, inode.cell, nil, 0))
        return inode
    }

    /// The next piece of it.
    func addContent(_ bytes: UnsafeRawBufferPointer) throws {
        // An empty piece where no block is begun makes libsquashfs 1.2 follow a null pointer.
        if bytes.isEmpty { return }
        try file.check(sqfs_block_processor_append(blocks.pointer, bytes.baseAddress, bytes.count))
    }

    /// Ends it.
    func endContent() throws {
        try file.check(sqfs_block_processor_end_file(blocks.pointer))
    }

    // MARK: - Attributes

    /// Whether squashfs has a place for attributes of this name: it knows three namespaces, and POSIX ACLs are in
    /// another.
    static func holds(_ name: AttributeName) -> Bool { name.withCString { sqfs_get_xattr_prefix_id($0) } >= 0 }

    /// Remembers a set of attributes; the same set gets the same index.
    func addAttributes(_ attributes: [ExtendedAttribute]) throws -> UInt32 {
        if attributes.isEmpty { return SquashfsInode.noAttributes }
        try file.check(sqfs_xattr_writer_begin(attributeWriter.pointer, 0))
        for attribute in attributes {
            _ = try attribute.value.withUnsafeBytes { value in
                try withUnsafeBytes(of: 0) { none in
                    try attribute.name.withCString { name in
                        try file.check(
                            sqfs_xattr_writer_add(
                                attributeWriter.pointer, name, value.baseAddress ?? none.baseAddress, value.count))
                    }
                }
            }
        }
        var index = SquashfsInode.noAttributes
        try file.check(sqfs_xattr_writer_end(attributeWriter.pointer, &index))
        attributeSets = max(attributeSets, index &+ 1)
        return index
    }

    /// libsquashfs 1.2 writes beyond its list of blocks where the sets of attributes fill their blocks to the last
    /// byte: one more set, which no file has, keeps it from that.
    private func avoidFullAttributeBlock() throws {
        let perBlock = UInt32(SQFS_META_BLOCK_SIZE) / UInt32(MemoryLayout<sqfs_xattr_id_t>.size)
        guard attributeSets > 0, attributeSets % perBlock == 0 else { return }
        _ = try addAttributes([ExtendedAttribute(name: "user.no-file-has-this", value: [])])
    }

    // MARK: - The end

    /// Writes what describes the content, and the superblock.
    ///
    /// - Parameter inodes: all of them, each directory before what is in it, and the root first.
    /// - Returns: What a salt for this image can be made of: where the tables start and end.
    func finish(_ inodes: consuming [SquashfsInode]) throws -> Range<UInt64> {
        try file.check(sqfs_block_processor_finish(blocks.pointer))
        let start = file.size
        superblock.inode_count = UInt32(inodes.count)
        superblock.inode_table_start = start
        let ids = try SquashfsObject(sqfs_id_table_create(0))
        var tables = try SquashfsTables(file, compressor, ids, inodes)
        superblock.root_inode_ref = try tables.write(directoriesAt: &superblock.directory_table_start)
        try file.check(
            sqfs_frag_table_write(fragments.pointer, file.pointer, &superblock, compressor.typed()))
        try tables.writeExportTable(&superblock)
        try file.check(sqfs_id_table_write(ids.pointer, file.pointer, &superblock, compressor.typed()))
        try avoidFullAttributeBlock()
        try file.check(
            sqfs_xattr_writer_flush(attributeWriter.pointer, file.pointer, &superblock, compressor.typed()))
        superblock.bytes_used = file.size
        try file.check(sqfs_super_write(&superblock, file.pointer))
        return start..<file.size
    }

    /// Reads back what was written.
    private static func decompressor() throws -> SquashfsObject {
        try .decompressor(SQFS_COMP_ZSTD, blockSize: blockSize)
    }
}

extension SquashfsObject {
    /// libsquashfs's own decompressor.
    static func decompressor(_ id: SQFS_COMPRESSOR, blockSize: Int) throws -> SquashfsObject {
        var configuration = sqfs_compressor_config_t()
        var pointer: UnsafeMutablePointer<sqfs_compressor_t>?
        let flags = UInt16(SQFS_COMP_FLAG_UNCOMPRESS.rawValue)
        guard sqfs_compressor_config_init(&configuration, id, blockSize, flags) == 0,
            sqfs_compressor_create(&configuration, &pointer) == 0
        else {
            let name = sqfs_compressor_name_from_id(id).map { String(cString: $0) } ?? "of number \(id.rawValue)"
            throw Failure("libsquashfs cannot read the compression \(name)")
        }
        return try SquashfsObject(pointer)
    }
}
