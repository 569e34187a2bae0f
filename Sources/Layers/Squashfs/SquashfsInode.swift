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

    var metadata: InodeMetadata
    /// The index of its set of extended attributes.
    var attributes = Self.noAttributes
    var content: Content
    var links: UInt32 = 1
    /// The index of the directory that it lies in.
    var parent: Int
    /// Where it was written.
    var reference: UInt64?

    static let noAttributes = UInt32.max

    /// A time as squashfs can hold it, in 32 bits without a sign: one before 1970 becomes 1970, one after 2106 becomes
    /// 2106.
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
