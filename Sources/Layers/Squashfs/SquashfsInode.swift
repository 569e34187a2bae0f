import CSquashFS
import FileTree
import Glibc

/// An inode that is to be written, or has been.
struct SquashfsInode {
    /// What the kinds of file differ in.
    enum Content {
        case directory([Child])
        case regular(SquashfsFileInode)
        case symlink([UInt8])
        case device(UInt32)
        case fifo
    }

    /// A name in a directory.
    struct Child {
        var name: FileName
        var inode: Int
    }

    var kind: FileKind
    var permissions: mode_t
    var uid: uid_t
    var gid: gid_t
    /// Seconds since 1970; squashfs has 32 bits for them, without a sign.
    var modified: UInt32
    /// The index of its set of extended attributes.
    var attributes = Self.noAttributes
    var content: Content
    var links: UInt32 = 1
    /// The index of the directory that it lies in.
    var parent: Int
    /// Where it was written.
    var reference: UInt64?

    static let noAttributes = UInt32.max

    /// The inode's mode with the bits of its type.
    var mode: UInt16 { UInt16(kind.mode | permissions & 0o7777) }

    /// A time as squashfs can hold it: one before 1970 becomes 1970, one after 2106 becomes 2106.
    static func seconds(_ time: Timestamp) -> UInt32 { UInt32(clamping: time.seconds) }
}

/// The inode of a regular file. The block processor keeps the address of the pointer and writes to both as long as
/// blocks are on their way.
final class SquashfsFileInode {
    let cell: UnsafeMutablePointer<UnsafeMutablePointer<sqfs_inode_generic_t>?>

    init() {
        cell = .allocate(capacity: 1)
        cell.initialize(to: nil)
    }

    deinit {
        if let inode = cell.pointee { sqfs_free(inode) }
        cell.deallocate()
    }
}
