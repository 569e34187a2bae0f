import FileTree
import Glibc

/// One name in an image.
struct ImageEntry<Inode: StoredInode>: LayerEntry {
    let path: [UInt8]
    let inode: Inode
    var hardLinkTarget: [UInt8]?
    var isOpaque = false
    /// The extended attributes that a layer carries.
    var carried: [ExtendedAttribute] = []

    init(path: [UInt8], inode: Inode) {
        self.path = path
        self.inode = inode
    }

    var kind: FileKind? { inode.kind }
    var permissions: mode_t { inode.permissions }
    var uid: uid_t? { inode.uid }
    var gid: gid_t? { inode.gid }
    var size: Int64 { inode.size }
    var device: dev_t { inode.device }
    var symlinkTarget: [UInt8] { inode.symlinkTarget }
    /// Whiteouts are devices here.
    var namesWhiteouts: Bool { false }
    var modified: Timestamp { inode.time }
    /// A root without a time is one of which a layer says nothing.
    var hasNoTime: Bool { path.isEmpty && inode.time == Timestamp(seconds: 0) }
    func attributes(limit: Int) -> [ExtendedAttribute] { carried }

    var isWhiteout: Bool { inode.kind == .characterDevice && inode.device == 0 }
}
