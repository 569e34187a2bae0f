import FileTree
import Glibc

/// What the inode of a file in an image says of the file, beside its content, attributes and names.
struct InodeMetadata {
    let kind: FileKind
    private(set) var permissions: mode_t = 0
    private(set) var uid: uid_t = 0
    private(set) var gid: gid_t = 0
    private(set) var modified = Timestamp(seconds: 0)

    /// Those of a file. A whiteout's own mean nothing and are always the same.
    ///
    /// - Parameter latestTime: what later times become.
    init(of entry: TreeEntry, latestTime: Timestamp?) {
        let status = entry.status
        kind = status.kind
        if entry.isWhiteout { return }
        permissions = status.permissions
        uid = status.uid
        gid = status.gid
        modified = min(status.modified, latestTime ?? status.modified)
    }

    /// Those of the root of an image that says nothing of it: its time says nothing, either.
    init(unsaidRoot rule: RootEntry) {
        kind = .directory
        permissions = 0o755
        if case .ifDifferent(let permissions, let uid, let gid) = rule {
            (self.permissions, self.uid, self.gid) = (permissions, uid, gid)
        }
    }

    /// Permissions and the bits of the kind.
    var mode: UInt16 { UInt16(kind.mode | permissions & 0o7777) }
}
