import CSyscalls
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

// Images have device numbers as the kernel writes them into 32 bits: new_encode_dev in linux/kdev_t.h.

extension TreeEntry {
    /// The device that the entry names.
    var deviceNumber: UInt32 {
        let (major, minor) = (stacker_major(status.specialDevice), stacker_minor(status.specialDevice))
        return minor & 0xff | major << 8 | (minor & ~0xff) << 12
    }
}

/// The device number that ``TreeEntry/deviceNumber`` gave.
func decodedDevice(_ number: UInt32) -> dev_t {
    stacker_makedev(number >> 8 & 0xfff, number & 0xff | number >> 12 & 0xfff00)
}
