import CSquashFS
import Failure
import FileTree
import Glibc

/// Reads the entries of a squashfs, a directory before what is in it, and trusts nothing that it says.
final class SquashfsReader: ImageReader {
    /// Gives the content of the entry that came last.
    let content: SquashfsContentReader
    private let superblock: sqfs_super_t
    private let inodes: SquashfsInodeReader
    private let names: SquashfsMetadataReader
    private let attributes: SquashfsAttributeReader
    private let limits: UnpackLimits
    private let bytesLimit: Int64

    private var isStarted = false
    private var open: [OpenDirectory] = []
    private var seenDirectories: Set<UInt64> = []
    private var firstNames: FirstNames
    /// Bytes of content so far.
    private(set) var bytes: Int64 = 0

    private struct OpenDirectory {
        var path: [UInt8]
        var names: sqfs_readdir_state_t
        var last: [UInt8] = []
    }

    init(_ input: OpenFile, size: Int64, limits: UnpackLimits, bytesLimit: Int64) throws {
        self.limits = limits
        firstNames = FirstNames(limits)
        self.bytesLimit = bytesLimit
        let file = SquashfsFile(input, size: UInt64(clamping: size))
        var superblock = try Self.superblock(file, limits)
        self.superblock = superblock
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

    /// Where an image ends and a dm-verity tree may follow.
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

    // MARK: - Entries

    /// The next entry; `nil` after the last. Its content, if it has some, must be read before the one after it.
    func next() throws -> ImageEntry<SquashfsStoredInode>? {
        if !isStarted {
            isStarted = true
            return try read(superblock.root_inode_ref, at: [])
        }
        while var directory = open.popLast() {
            guard let (name, reference) = try names.nextName(&directory.names) else { continue }
            let parent = directory.path
            try attempt("couldn't read the directory \(shown(parent))") {
                try checkStoredName(name)
                // Sorted, as the kernel relies on: a name cannot come twice.
                guard directory.last.isEmpty || directory.last.lexicographicallyPrecedes(name) else {
                    throw Failure("the squashfs is damaged: its names are not sorted")
                }
            }
            directory.last = name
            open.append(directory)
            let path = parent.isEmpty ? name : parent + [slash] + name
            return try attempt("couldn't unpack \(shown(path))") { try read(reference, at: path) }
        }
        return nil
    }

    private func read(_ reference: UInt64, at path: [UInt8]) throws -> ImageEntry<SquashfsStoredInode> {
        if path.count > limits.nameLength {
            throw Failure("its name is \(path.count) bytes long, more than \(limits.nameLength)")
        }
        let inode = try inodes.read(reference, sizeLimit: bytesLimit - bytes)
        var entry = ImageEntry(path: path, inode: inode)
        if inode.kind == .directory {
            guard seenDirectories.insert(reference).inserted else {
                throw Failure("the squashfs is damaged: it is a directory that was there already")
            }
            open.append(OpenDirectory(path: path, names: inode.names))
        } else {
            if path.isEmpty { throw Failure("the root of the squashfs is not a directory") }
            if inode.links > 1, !entry.isWhiteout, let first = try firstNames.first(reference, now: path) {
                entry.hardLinkTarget = first
                return entry
            }
        }
        let stored = try attributes.attributes(inode.attributes, limit: limits.attributes)
        if let name = CarriedAttributes.redirection(stored) {
            throw Failure("part of it is in a lower layer (\(name))")
        }
        entry.isOpaque = CarriedAttributes.isOpaque(stored)
        entry.carried = stored.filter { CarriedAttributes.carries($0.name) }
        if inode.kind == .regular {
            bytes += inode.size
            content.begin(inode)
        }
        return entry
    }
}
