import FileTree
import Glibc
import SystemPackage

extension Directory {
    /// Makes `name` in this directory an equal of `original` in another: content, owner, mode, attributes, times.
    /// Blocks are shared where the file system can.
    ///
    /// - Returns: whether they are.
    /// - Throws: `Errno`.
    func copyFile(
        _ original: FileName, _ status: FileStatus, from holder: Directory, as name: FileName,
        checkpoint: () throws -> Void
    ) throws -> Bool {
        var shares = false
        let number = file.number
        switch status.kind {
        case .regular:
            let source = try holder.open(original, O_RDONLY)
            let copy = try open(name, O_RDWR | O_CREAT | O_EXCL, mode: 0o600)
            shares = try copy.copyContent(of: source, checkpoint: checkpoint)
        case .symlink: try makeSymlink(name, to: holder.symlinkTarget(original))
        case .characterDevice: try make(name, S_IFCHR, status.specialDevice)
        case .blockDevice: try make(name, S_IFBLK, status.specialDevice)
        case .fifo: try make(name, S_IFIFO)
        case .socket: try make(name, S_IFSOCK)
        case .directory: throw Errno.isDirectory
        }
        try name.withCString { name in
            // The owner first: a change of it takes set-user-ID bits and capabilities away.
            _ = try checked(fchownat(number, name, status.uid, status.gid, AT_SYMLINK_NOFOLLOW))
            if status.kind != .symlink { _ = try checked(fchmodat(number, name, status.permissions, 0)) }
        }
        for attribute in try holder.attributes(of: original.path) {
            try setAttribute(attribute, of: name.path)
        }
        let times = [status.modified.timespec, status.modified.timespec]
        _ = try name.withCString { try checked(utimensat(number, $0, times, AT_SYMLINK_NOFOLLOW)) }
        return shares
    }

    private func make(_ name: FileName, _ kind: mode_t, _ device: dev_t = 0) throws {
        _ = try name.withCString { try checked(mknodat(file.number, $0, kind | 0o600, device)) }
    }
}
