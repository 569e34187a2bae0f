import FileTree
import Glibc

/// An image of a file system that is read, in the terms that all such images have in common. It checks what it reads
/// itself: the numbers in the image may be anything.
///
/// Calls throw a ``Failure`` for what is damaged.
protocol StoredImage {
    associatedtype Inode: StoredInode
    /// A place in the list of names of a directory.
    associatedtype Names
    associatedtype Content: LayerContent

    /// The kernel's name for the file system, which messages use, too.
    static var format: String { get }
    /// Opens an image of `size` bytes.
    init(_ input: OpenFile, size: Int64, limits: UnpackLimits) throws
    /// Where the image ends and a dm-verity tree may follow.
    static func paddedSize(_ input: OpenFile, size: Int64) throws -> Int64

    /// Where the inode of the root is.
    var root: UInt64 { get }
    /// Reads the inode at a place.
    ///
    /// - Parameter sizeLimit: a longer file is refused.
    func inode(_ place: UInt64, sizeLimit: Int64) throws -> Inode
    /// The beginning of a directory's list of names.
    func names(in directory: Inode) -> Names
    /// The next name and the place of its inode; `nil` after the last. Names are sorted, so that none comes twice.
    func next(_ names: inout Names) throws -> (name: [UInt8], inode: UInt64)?
    /// The extended attributes of a file.
    ///
    /// - Parameter limit: more bytes in all are refused.
    func attributes(of inode: Inode, limit: Int) throws -> [ExtendedAttribute]
    /// Gives the content of a file from here on in ``content``.
    func beginContent(of inode: Inode) throws
    /// Gives the content of the file that was begun last.
    var content: Content { get }
}

/// An inode as an image has it.
protocol StoredInode {
    var kind: FileKind { get }
    var permissions: mode_t { get }
    var uid: uid_t { get }
    var gid: gid_t { get }
    /// How many names it says that it has.
    var links: UInt32 { get }
    var size: Int64 { get }
    var device: dev_t { get }
    var symlinkTarget: [UInt8] { get }
    /// When the content changed last; the start of 1970 may stand for no time.
    var time: Timestamp { get }
}
