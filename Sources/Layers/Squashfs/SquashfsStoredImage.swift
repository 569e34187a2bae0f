import CSquashFS
import Failure
import FileTree
import Glibc

/// A squashfs that is read: inodes by the references that lead to them.
struct SquashfsStoredImage: StoredImage {
    static let format = "squashfs"

    let root: UInt64
    let content: SquashfsContentReader
    private let inodes: SquashfsInodeReader
    private let names: SquashfsMetadataReader
    private let attributes: SquashfsAttributeReader

    init(_ input: OpenFile, size: Int64, limits: UnpackLimits) throws {
        let file = SquashfsFile(input, size: UInt64(clamping: size))
        var superblock = try Self.superblock(file, limits)
        root = superblock.root_inode_ref
        let decompressor = try SquashfsObject.decompressor(
            SQFS_COMPRESSOR(rawValue: UInt32(superblock.compression_id)), blockSize: Int(superblock.block_size))
        let ids = try SquashfsObject(sqfs_id_table_create(0))
        try file.check(sqfs_id_table_read(ids.pointer, file.pointer, &superblock, decompressor.typed()))
        inodes = SquashfsInodeReader(
            reader: try SquashfsMetadataReader(
                file, decompressor, in: superblock.inode_table_start..<superblock.directory_table_start),
            superblock: superblock, ids: ids)
        let end =
            [superblock.fragment_table_start, superblock.export_table_start, superblock.id_table_start]
            .filter { $0 > superblock.directory_table_start }.min() ?? superblock.bytes_used
        names = try SquashfsMetadataReader(file, decompressor, in: superblock.directory_table_start..<end)
        attributes = try SquashfsAttributeReader(file, decompressor, superblock, limit: limits.entries)
        content = try SquashfsContentReader(file, decompressor, &superblock)
    }

    static func paddedSize(_ input: OpenFile, size: Int64) throws -> Int64 {
        let file = SquashfsFile(input, size: UInt64(clamping: size))
        let used = try superblock(file, UnpackLimits()).bytes_used
        let block = UInt64(VeritySuperblock.blockSize)
        return Int64((used + block - 1) / block * block)
    }

    /// Reads the superblock, and makes sure that what it says of the image's parts is possible.
    private static func superblock(_ file: SquashfsFile, _ limits: UnpackLimits) throws -> sqfs_super_t {
        var superblock = sqfs_super_t()
        try file.check(sqfs_super_read(&superblock, file.pointer))
        guard superblock.bytes_used <= file.size, superblock.bytes_used < Int64.max / 2 else {
            throw Failure("the squashfs is truncated: it says that it has \(superblock.bytes_used) bytes")
        }
        guard superblock.inode_count <= limits.entries else {
            throw Failure("it has more than \(limits.entries) entries")
        }
        guard superblock.inode_table_start < superblock.directory_table_start,
            superblock.directory_table_start < superblock.id_table_start,
            superblock.id_table_start < superblock.bytes_used,
            superblock.fragment_entry_count <= superblock.inode_count
        else { throw Failure("the squashfs is damaged: its parts are not in order") }
        return superblock
    }

    // MARK: - What is in it

    func inode(_ reference: UInt64, sizeLimit: Int64) throws -> SquashfsStoredInode {
        try inodes.read(reference, sizeLimit: sizeLimit)
    }

    func names(in directory: SquashfsStoredInode) -> SquashfsNames { SquashfsNames(directory) }

    func next(_ names: inout SquashfsNames) throws -> (name: [UInt8], inode: UInt64)? {
        try names.next(self.names)
    }

    func attributes(of inode: SquashfsStoredInode, limit: Int) throws -> [ExtendedAttribute] {
        try attributes.attributes(inode.attributes, limit: limit)
    }

    func beginContent(of inode: SquashfsStoredInode) { content.begin(inode) }
}

/// Reads the list of names of a directory.
struct SquashfsNames {
    private var state: sqfs_readdir_state_t
    private var last: [UInt8] = []

    init(_ directory: SquashfsStoredInode) {
        state = directory.names
    }

    /// The next name and the reference to its inode; `nil` after the last.
    mutating func next(_ reader: SquashfsMetadataReader) throws -> (name: [UInt8], inode: UInt64)? {
        guard let (name, reference) = try reader.nextName(&state) else { return nil }
        // Sorted, as the kernel relies on: a name cannot come twice.
        guard last.isEmpty || last.lexicographicallyPrecedes(name) else {
            throw Failure("the squashfs is damaged: its names are not sorted")
        }
        last = name
        return (name, reference)
    }
}
