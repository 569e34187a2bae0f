import CSyscalls
import SystemPackage

/// The file system that a file is on, as far as it matters to layers and overlays.
package struct FileSystem: Sendable, Equatable {
    /// What only btrfs has.
    package struct Btrfs: Sendable, Equatable {
        /// Bytes of a node. Without extended inode refs all names that a file has in one directory share one.
        package var nodeSize: UInt32
        /// Whether a file can have names beyond that (`extref`).
        package var hasExtendedRefs: Bool
        /// As in /sys/fs/btrfs: `f81d4fae-7dec-11d0-a765-00a0c91e6bf6`.
        package var uuid: String
    }

    /// `f_type` of statfs(2).
    package var magic: UInt32
    /// What it is called in /proc/filesystems, otherwise its magic number in hexadecimal.
    package var name: String
    /// Set on btrfs alone.
    package var btrfs: Btrfs?

    /// Makes a file system of its parts.
    package init(magic: UInt32, btrfs: Btrfs? = nil) {
        self.magic = magic
        self.btrfs = btrfs
        name = Self.names[magic] ?? "0x" + String(magic, radix: 16)
    }

    /// Asks the kernel on which file system an open file or directory is.
    ///
    /// - Throws: `FailedCall`.
    package init(of file: OpenFile) throws {
        var magic: UInt32 = 0
        try checked(stacker_file_system_magic(file.number, &magic), at: file.place)
        self.init(magic: magic)
        if name == "btrfs" { btrfs = Btrfs(file) }
    }

    private static let names: [UInt32: String] = [
        0xef53: "ext4", 0x9123_683e: "btrfs", 0x5846_5342: "xfs", 0x0102_1994: "tmpfs", 0x794c_7630: "overlay",
        0x6969: "nfs", 0x6573_5546: "fuse", 0xf2f5_2010: "f2fs", 0x2fc1_2fc1: "zfs", 0xca45_1a4e: "bcachefs",
        0xff53_4d42: "cifs", 0xfe53_4d42: "smb2", 0x0102_1997: "9p", 0x4d44: "vfat", 0x2011_bab0: "exfat",
        0x7366_746e: "ntfs3", 0x8584_58f6: "ramfs", 0x00c3_6400: "ceph", 0x7371_7368: "squashfs",
        0xe0f5_e1e2: "erofs",
    ]
}

extension FileSystem.Btrfs {
    /// What the ioctls say; `nil` where a kernel is too old for them.
    fileprivate init?(_ file: OpenFile) {
        var flags: UInt64 = 0
        var nodeSize: UInt32 = 0
        var uuid = [UInt8](repeating: 0, count: 16)
        guard stacker_btrfs_incompatible_features(file.number, &flags) == 0,
            stacker_btrfs_info(file.number, &nodeSize, &uuid) == 0
        else { return nil }
        let groups = [uuid[..<4], uuid[4..<6], uuid[6..<8], uuid[8..<10], uuid[10...]]
        self.init(
            nodeSize: nodeSize, hasExtendedRefs: flags & stacker_btrfs_extref != 0,
            uuid: groups.map { Array($0).hexadecimal }.joined(separator: "-"))
    }
}

extension FileSystem: CustomStringConvertible {
    /// Its name, and on btrfs without extended inode refs that it is that.
    package var description: String {
        guard let btrfs, !btrfs.hasExtendedRefs else { return name }
        return "btrfs without extended inode refs (nodesize \(btrfs.nodeSize))"
    }

    /// Whether a file can have so few names here that usual images meet the limit.
    package var runsOutOfLinks: Bool { btrfs?.hasExtendedRefs == false }

    /// The most names that a file can have, whatever they are; `nil` where that is beyond anything that is made.
    package var mostLinks: UInt64? {
        switch name {
        case "ext4": 65000
        case "btrfs": 65535
        default: nil
        }
    }

    /// What lifts the limit of names here, or leads to where it is higher.
    package var linkRemedy: String {
        guard let btrfs, !btrfs.hasExtendedRefs else {
            return "keep --roots-dir on a file system with a higher limit, as xfs has"
        }
        return "switch extended inode refs on, as root: stacker check --fix, or "
            + "echo 1 > /sys/fs/btrfs/\(btrfs.uuid)/features/extended_iref, or btrfstune -r on the unmounted device"
    }
}
