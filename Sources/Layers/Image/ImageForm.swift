import CSyscalls
import Failure
import FileTree
import Glibc

extension TreeEntry {
    /// What an image that overlayfs takes as a lower directory says beyond the attributes that a layer carries: an
    /// opaque directory has the attribute of either kind of mount.
    var overlayAttributes: [ExtendedAttribute] {
        guard isOpaque else { return [] }
        return ["trusted.overlay.opaque", "user.overlay.opaque"].map {
            ExtendedAttribute(name: $0, value: [UInt8(ascii: "y")])
        }
    }

    /// The device that the entry names, as the kernel writes it into 32 bits (new_encode_dev in linux/kdev_t.h).
    var deviceNumber: UInt32 {
        let (major, minor) = (stacker_major(status.specialDevice), stacker_minor(status.specialDevice))
        return minor & 0xff | major << 8 | (minor & ~0xff) << 12
    }
}

/// The device number that ``TreeEntry/deviceNumber`` gave.
func decodedDevice(_ number: UInt32) -> dev_t {
    stacker_makedev(number >> 8 & 0xfff, number & 0xff | number >> 12 & 0xfff00)
}

extension FileKind {
    /// The bits of `st_mode` that say it.
    var mode: mode_t {
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
