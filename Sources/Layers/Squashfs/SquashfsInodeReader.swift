import CSquashFS
import Failure
import FileTree
import Glibc

/// An inode as an image has it.
struct SquashfsStoredInode: StoredInode {
    /// Where the content of a regular file lies.
    struct Blocks {
        var start: UInt64
        /// The length of each block on disk, with a flag.
        var lengths: [UInt32]
        /// The block of tails that the rest is in, and where.
        var fragment: (index: UInt32, offset: UInt32)?
    }

    var kind = FileKind.regular
    var permissions: mode_t = 0
    var uid: uid_t = 0
    var gid: gid_t = 0
    var modified: UInt32 = 0
    var links: UInt32 = 1
    var attributes = UInt32.max
    var size: Int64 = 0
    var device: dev_t = 0
    var symlinkTarget: [UInt8] = []
    var blocks = Blocks(start: 0, lengths: [])
    /// For a directory: its list of names.
    var names = sqfs_readdir_state_t()
    var time: Timestamp { Timestamp(seconds: Int64(modified)) }
}

/// Reads inodes. libsquashfs's own function would take memory as an image asks for it; this one asks first what the
/// numbers mean.
struct SquashfsInodeReader {
    private static let longestTarget = 65535
    private static let none = UInt32.max

    let reader: SquashfsMetadataReader
    let superblock: sqfs_super_t
    let ids: SquashfsObject

    /// Reads the inode at a reference.
    ///
    /// - Parameter sizeLimit: a longer file is refused before its list of blocks is read.
    func read(_ reference: UInt64, sizeLimit: Int64) throws -> SquashfsStoredInode {
        try reader.seek(reference)
        var base = sqfs_inode_t()
        try reader.read(into: &base)
        var inode = SquashfsStoredInode()
        inode.permissions = mode_t(base.mode.littleEndian) & 0o7777
        inode.modified = base.mod_time.littleEndian
        inode.uid = try id(base.uid_idx.littleEndian)
        inode.gid = try id(base.gid_idx.littleEndian)
        switch SQFS_INODE_TYPE(rawValue: UInt32(base.type.littleEndian)) {
        case SQFS_INODE_DIR: try readDirectory(&inode)
        case SQFS_INODE_EXT_DIR: try readExtendedDirectory(&inode)
        case SQFS_INODE_FILE: try readFile(&inode, sizeLimit)
        case SQFS_INODE_EXT_FILE: try readExtendedFile(&inode, sizeLimit)
        case SQFS_INODE_SLINK: try readSymlink(&inode, extended: false)
        case SQFS_INODE_EXT_SLINK: try readSymlink(&inode, extended: true)
        case SQFS_INODE_BDEV: try readDevice(&inode, .blockDevice, extended: false)
        case SQFS_INODE_EXT_BDEV: try readDevice(&inode, .blockDevice, extended: true)
        case SQFS_INODE_CDEV: try readDevice(&inode, .characterDevice, extended: false)
        case SQFS_INODE_EXT_CDEV: try readDevice(&inode, .characterDevice, extended: true)
        case SQFS_INODE_FIFO: try readPipe(&inode, .fifo, extended: false)
        case SQFS_INODE_EXT_FIFO: try readPipe(&inode, .fifo, extended: true)
        case SQFS_INODE_SOCKET: try readPipe(&inode, .socket, extended: false)
        case SQFS_INODE_EXT_SOCKET: try readPipe(&inode, .socket, extended: true)
        default: throw Failure("it has an inode of no known type")
        }
        return inode
    }

    private func id(_ index: UInt16) throws -> UInt32 {
        var id: UInt32 = 0
        guard sqfs_id_table_index_to_id(ids.pointer, index, &id) == 0 else {
            throw Failure("an owner is not in its table of owners")
        }
        return id
    }

    // MARK: - Directories

    private func readDirectory(_ inode: inout SquashfsStoredInode) throws {
        var directory = sqfs_inode_dir_t()
        try reader.read(into: &directory)
        inode.kind = .directory
        inode.names = list(
            directory.start_block.littleEndian, directory.offset.littleEndian, UInt32(directory.size.littleEndian))
    }

    /// The index that may follow is for looking up names.
    private func readExtendedDirectory(_ inode: inout SquashfsStoredInode) throws {
        var directory = sqfs_inode_dir_ext_t()
        try reader.read(into: &directory)
        inode.kind = .directory
        inode.attributes = directory.xattr_idx.littleEndian
        inode.names = list(
            directory.start_block.littleEndian, directory.offset.littleEndian, directory.size.littleEndian)
    }

    private func list(_ block: UInt32, _ offset: UInt16, _ size: UInt32) -> sqfs_readdir_state_t {
        var state = sqfs_readdir_state_t()
        state.current.block = superblock.directory_table_start &+ UInt64(block)
        state.current.offset = Int(offset)
        state.current.size = Int(size)
        return state
    }

    // MARK: - Files

    private func readFile(_ inode: inout SquashfsStoredInode, _ sizeLimit: Int64) throws {
        var file = sqfs_inode_file_t()
        try reader.read(into: &file)
        inode.size = Int64(file.file_size.littleEndian)
        try readBlocks(
            &inode, UInt64(file.blocks_start.littleEndian), file.fragment_index.littleEndian,
            file.fragment_offset.littleEndian, sizeLimit)
    }

    private func readExtendedFile(_ inode: inout SquashfsStoredInode, _ sizeLimit: Int64) throws {
        var file = sqfs_inode_file_ext_t()
        try reader.read(into: &file)
        inode.links = file.nlink.littleEndian
        inode.attributes = file.xattr_idx.littleEndian
        inode.size = Int64(clamping: file.file_size.littleEndian)
        try readBlocks(
            &inode, file.blocks_start.littleEndian, file.fragment_idx.littleEndian,
            file.fragment_offset.littleEndian, sizeLimit)
    }

    private func readBlocks(
        _ inode: inout SquashfsStoredInode, _ start: UInt64, _ fragment: UInt32, _ offset: UInt32, _ sizeLimit: Int64
    ) throws {
        if inode.size > sizeLimit { throw UnpackLimits.exceeded(bytes: sizeLimit) }
        let blockSize = Int64(superblock.block_size)
        var count = inode.size / blockSize
        if inode.size % blockSize != 0 {
            if fragment == Self.none { count += 1 } else { inode.blocks.fragment = (fragment, offset) }
        }
        inode.blocks.start = start
        // In pieces: memory grows with what is really there.
        while count > 0 {
            let piece = Int(min(count, 2048))
            let bytes = try reader.read(piece * 4)
            bytes.withUnsafeBytes { bytes in
                for index in 0..<piece {
                    inode.blocks.lengths.append(
                        UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self)))
                }
            }
            count -= Int64(piece)
        }
    }

    // MARK: - The others

    private func readSymlink(_ inode: inout SquashfsStoredInode, extended: Bool) throws {
        var symlink = sqfs_inode_slink_t()
        try reader.read(into: &symlink)
        let length = Int(symlink.target_size.littleEndian)
        guard length > 0, length <= Self.longestTarget else {
            throw Failure("a symlink's target is \(length) bytes long")
        }
        inode.kind = .symlink
        inode.links = symlink.nlink.littleEndian
        inode.symlinkTarget = try reader.read(length)
        guard !inode.symlinkTarget.contains(0) else { throw Failure("a symlink's target has a NUL in it") }
        try readAttributeIndex(&inode, extended)
    }

    private func readDevice(_ inode: inout SquashfsStoredInode, _ kind: FileKind, extended: Bool) throws {
        var device = sqfs_inode_dev_t()
        try reader.read(into: &device)
        inode.kind = kind
        inode.links = device.nlink.littleEndian
        inode.device = decodedDevice(device.devno.littleEndian)
        try readAttributeIndex(&inode, extended)
    }

    private func readPipe(_ inode: inout SquashfsStoredInode, _ kind: FileKind, extended: Bool) throws {
        var pipe = sqfs_inode_ipc_t()
        try reader.read(into: &pipe)
        inode.kind = kind
        inode.links = pipe.nlink.littleEndian
        try readAttributeIndex(&inode, extended)
    }

    private func readAttributeIndex(_ inode: inout SquashfsStoredInode, _ extended: Bool) throws {
        if !extended { return }
        var index: UInt32 = 0
        try reader.read(into: &index)
        inode.attributes = index.littleEndian
    }
}
