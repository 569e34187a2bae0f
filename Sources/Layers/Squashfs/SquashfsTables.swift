import CSquashFS
import Failure
import FileTree
import Glibc

/// Writes the inode and the directory table.
struct SquashfsTables {
    private let file: SquashfsFile
    private let compressor: SquashfsObject
    private let ids: SquashfsObject
    private let inodeWriter: SquashfsObject
    private let directoryTable: SquashfsObject
    private let directoryWriter: SquashfsObject
    private var inodes: [SquashfsInode]

    init(
        _ file: SquashfsFile, _ compressor: SquashfsObject, _ ids: SquashfsObject, _ inodes: consuming [SquashfsInode]
    ) throws {
        self.file = file
        self.compressor = compressor
        self.ids = ids
        self.inodes = inodes
        inodeWriter = try SquashfsObject(
            sqfs_meta_writer_create(file.pointer, compressor.typed(), 0), uses: [file, compressor])
        directoryTable = try SquashfsObject(
            sqfs_meta_writer_create(
                file.pointer, compressor.typed(), UInt32(SQFS_META_WRITER_KEEP_IN_MEMORY.rawValue)),
            uses: [file, compressor])
        directoryWriter = try SquashfsObject(
            sqfs_dir_writer_create(
                directoryTable.pointer, UInt32(SQFS_DIR_WRITER_CREATE_EXPORT_TABLE.rawValue)),
            uses: [directoryTable])
    }

    /// Writes both tables.
    ///
    /// A directory can be written when all that is in it has been: directories come in reverse order, each right after
    /// the files that are in it.
    ///
    /// - Returns: The reference of the root's inode.
    mutating func write(directoriesAt start: inout UInt64) throws -> UInt64 {
        for index in inodes.indices.reversed() {
            if case .directory(let children) = inodes[index].content { try writeDirectory(index, children) }
        }
        try file.check(sqfs_meta_writer_flush(inodeWriter.pointer))
        try file.check(sqfs_meta_writer_flush(directoryTable.pointer))
        start = file.size
        try file.check(sqfs_meta_write_write_to_file(directoryTable.pointer))
        guard let root = inodes.first?.reference else { throw Failure("a squashfs without a root") }
        return root
    }

    /// Writes the table that finds inodes by their numbers: for NFS and for file handles, which overlayfs can use.
    func writeExportTable(_ superblock: inout sqfs_super_t) throws {
        try file.check(
            sqfs_dir_writer_write_export_table(
                directoryWriter.pointer, file.pointer, compressor.typed(), number(0), inodes.first?.reference ?? 0,
                &superblock))
    }

    // MARK: - Inodes

    /// Numbers start at 1.
    private func number(_ index: Int) -> UInt32 { UInt32(index + 1) }

    private mutating func writeDirectory(_ index: Int, _ children: [SquashfsInode.Child]) throws {
        for child in children where inodes[child.inode].reference == nil { try writeFile(child.inode) }
        try file.check(sqfs_dir_writer_begin(directoryWriter.pointer, 0))
        var subdirectories: UInt32 = 0
        for child in children {
            let inode = inodes[child.inode]
            if inode.metadata.kind == .directory { subdirectories += 1 }
            try child.name.withCString { name in
                _ = try file.check(
                    sqfs_dir_writer_add_entry(
                        directoryWriter.pointer, name, number(child.inode), inode.reference ?? 0,
                        inode.metadata.mode))
            }
        }
        try file.check(sqfs_dir_writer_end(directoryWriter.pointer))
        // The root's parent is a number that no inode has, as mksquashfs does it.
        let parent = index == 0 ? number(inodes.count) : number(inodes[index].parent)
        let made = sqfs_dir_writer_create_inode(directoryWriter.pointer, 0, inodes[index].attributes, parent)
        guard let made else { throw Failure("libsquashfs has no memory left") }
        defer { sqfs_free(made) }
        if made.pointee.base.type == SQFS_INODE_DIR.rawValue {
            made.pointee.data.dir.nlink = 2 + subdirectories
        } else {
            made.pointee.data.dir_ext.nlink = 2 + subdirectories
        }
        try write(made, index)
        inodes[index].content = .directory([])
    }

    private mutating func writeFile(_ index: Int) throws {
        let inode = inodes[index]
        switch inode.content {
        case .directory:
            throw Failure("a directory of a squashfs that comes before the one that it is in")
        case .regular(let content):
            guard let made = content.cell.pointee else { throw Failure("a file of a squashfs without content") }
            if inode.links > 1 {
                try file.check(sqfs_inode_make_extended(made))
                made.pointee.data.file_ext.nlink = inode.links
            }
            try write(made, index)
        case .symlink(let target):
            try withInode(extra: target) { made in
                made.pointee.base.type = UInt16(SQFS_INODE_SLINK.rawValue)
                made.pointee.data.slink.nlink = inode.links
                made.pointee.data.slink.target_size = UInt32(target.count)
                try write(made, index)
            }
        case .device(let number):
            try withInode { made in
                let type = inode.metadata.kind == .blockDevice ? SQFS_INODE_BDEV : SQFS_INODE_CDEV
                made.pointee.base.type = UInt16(type.rawValue)
                made.pointee.data.dev.nlink = inode.links
                made.pointee.data.dev.devno = number
                try write(made, index)
            }
        case .fifo:
            try withInode { made in
                made.pointee.base.type = UInt16(SQFS_INODE_FIFO.rawValue)
                made.pointee.data.ipc.nlink = inode.links
                try write(made, index)
            }
        }
    }

    /// Gives an inode what all kinds of file have, and writes it.
    private mutating func write(_ made: UnsafeMutablePointer<sqfs_inode_generic_t>, _ index: Int) throws {
        let inode = inodes[index]
        made.pointee.base.mode = inode.metadata.mode
        made.pointee.base.mod_time = SquashfsInode.seconds(inode.metadata.modified)
        made.pointee.base.inode_number = number(index)
        made.pointee.base.uid_idx = try id(inode.metadata.uid)
        made.pointee.base.gid_idx = try id(inode.metadata.gid)
        if inode.attributes != SquashfsInode.noAttributes {
            try file.check(sqfs_inode_set_xattr_index(made, inode.attributes))
        }
        var block: UInt64 = 0
        var offset: UInt32 = 0
        sqfs_meta_writer_get_position(inodeWriter.pointer, &block, &offset)
        inodes[index].reference = block << 16 | UInt64(offset)
        try file.check(sqfs_meta_writer_write_inode(inodeWriter.pointer, made))
    }

    private func id(_ id: UInt32) throws -> UInt16 {
        var index: UInt16 = 0
        // The superblock counts them in 16 bits, where the last number possible would become none.
        guard sqfs_id_table_id_to_index(ids.pointer, id, &index) == 0, index < UInt16.max else {
            throw Failure("a squashfs cannot hold more than 65535 different owners and groups")
        }
        return index
    }

    /// Runs `body` with a new inode, which `extra` follows.
    private func withInode(
        extra: [UInt8] = [], _ body: (UnsafeMutablePointer<sqfs_inode_generic_t>) throws -> Void
    ) throws {
        let size = MemoryLayout<sqfs_inode_generic_t>.size
        let memory = UnsafeMutableRawPointer.allocate(byteCount: size + extra.count, alignment: 16)
        defer { memory.deallocate() }
        memory.initializeMemory(as: UInt8.self, repeating: 0, count: size + extra.count)
        extra.withUnsafeBytes { bytes in
            if let base = bytes.baseAddress { (memory + size).copyMemory(from: base, byteCount: bytes.count) }
        }
        try body(memory.assumingMemoryBound(to: sqfs_inode_generic_t.self))
    }
}
