import Glibc
import SystemPackage

/// What lstat(2) says of a file.
package struct FileStatus: Sendable, Equatable {
    /// What kind of file it is.
    package var kind: FileKind
    /// Permission bits with set-user-ID, set-group-ID and sticky: the low twelve bits of `st_mode`.
    package var permissions: mode_t
    /// Owning user.
    package var uid: uid_t
    /// Owning group.
    package var gid: gid_t
    /// Content length in bytes; for a symlink, of its target.
    package var size: Int64
    /// Number of names of this inode.
    package var links: UInt64
    /// The file system's device number.
    package var device: dev_t
    /// The inode number within ``device``.
    package var inode: ino_t
    /// For a device node, the device that it names.
    package var specialDevice: dev_t
    /// When the content changed last.
    package var modified: Timestamp
    /// When the inode changed last.
    package var changed: Timestamp

    /// Takes what is needed from a `struct stat`.
    package init(_ status: stat) {
        kind = FileKind(mode: status.st_mode)
        permissions = status.st_mode & 0o7777
        uid = status.st_uid
        gid = status.st_gid
        size = Int64(status.st_size)
        links = UInt64(status.st_nlink)
        device = status.st_dev
        inode = status.st_ino
        specialDevice = status.st_rdev
        modified = Timestamp(seconds: Int64(status.st_mtim.tv_sec), nanoseconds: Int32(status.st_mtim.tv_nsec))
        changed = Timestamp(seconds: Int64(status.st_ctim.tv_sec), nanoseconds: Int32(status.st_ctim.tv_nsec))
    }

    /// stat(2) of the file at a path, symlinks followed; at its end, too, unless `following` is false.
    ///
    /// - Throws: `FailedCall`.
    package init(at path: FilePath, following: Bool = true) throws {
        var status = stat()
        _ = try path.withPlatformString { path in
            try checked(following ? stat(path, &status) : lstat(path, &status), at: FilePath(platformString: path))
        }
        self.init(status)
    }

    /// Which file it is, whatever name it was found by.
    package var identity: FileIdentity { FileIdentity(device: device, inode: inode) }

    /// Whether a change from `now` on would show in ``changed``: as long as the file system's clock stands still, it
    /// would not.
    package func isSettled(at now: Timestamp) -> Bool { changed.isSettled(at: now) }

    /// Whether this is overlayfs's mark for a deleted name: a character device 0:0.
    package var isWhiteout: Bool { kind == .characterDevice && specialDevice == 0 }
}

/// What tells one file from all others of this machine, however many names it has.
package struct FileIdentity: Sendable, Hashable {
    /// The device number of its file system.
    package let device: dev_t
    /// Its number there.
    package let inode: ino_t
}

/// The kinds of file that Linux has.
package enum FileKind: Sendable, Equatable {
    case regular, directory, symlink, characterDevice, blockDevice, fifo, socket

    /// Reads the type bits of `st_mode`.
    package init(mode: mode_t) {
        switch mode & S_IFMT {
        case S_IFDIR: self = .directory
        case S_IFLNK: self = .symlink
        case S_IFCHR: self = .characterDevice
        case S_IFBLK: self = .blockDevice
        case S_IFIFO: self = .fifo
        case S_IFSOCK: self = .socket
        default: self = .regular
        }
    }

    /// The bits of `st_mode` that say it.
    package var mode: mode_t {
        switch self {
        case .regular: S_IFREG
        case .directory: S_IFDIR
        case .symlink: S_IFLNK
        case .characterDevice: S_IFCHR
        case .blockDevice: S_IFBLK
        case .fifo: S_IFIFO
        case .socket: S_IFSOCK
        }
    }
}

/// A point in time as file systems keep it; may lie before 1970.
package struct Timestamp: Sendable, Hashable, Comparable, Codable {
    /// Whole seconds since 1970-01-01T00:00:00Z, rounded down.
    package var seconds: Int64
    /// Nanoseconds to add, 0..<1,000,000,000.
    package var nanoseconds: Int32

    /// Makes a point in time of its parts.
    package init(seconds: Int64, nanoseconds: Int32 = 0) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    /// The present.
    package static var now: Timestamp {
        var time = Glibc.timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(seconds: Int64(time.tv_sec), nanoseconds: Int32(time.tv_nsec))
    }

    /// Whether a file with this change time would have another one if it changed at `now`.
    package func isSettled(at now: Timestamp) -> Bool {
        // Linux's own file systems take the time of the last timer tick, at most 10 ms ago. One that keeps seconds only
        // shows it; on FAT they count by two.
        let age = (now.seconds - seconds) * 1_000_000_000 + Int64(now.nanoseconds - nanoseconds)
        return age > (nanoseconds % 1_000_000 == 0 ? 3_000_000_000 : 50_000_000)
    }

    /// The same for system calls.
    package var timespec: Glibc.timespec {
        Glibc.timespec(tv_sec: Int(seconds), tv_nsec: Int(nanoseconds))
    }

    /// Whether `left` is earlier.
    package static func < (left: Timestamp, right: Timestamp) -> Bool {
        (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }
}
