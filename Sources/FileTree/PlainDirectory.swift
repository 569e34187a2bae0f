import CSyscalls
import Failure
import Glibc
import SystemPackage

// A new file takes after the directory that it is made in: its group, if that has the set-group-ID bit, and its default
// ACL, which also replaces the umask. Where the files of images are made, nothing of that may show.

extension Directory {
    /// Makes the subdirectory `name` as it would be anywhere: see ``OpenFile/becomePlain(mode:)``. What is made in it
    /// takes nothing from the directories around it.
    ///
    /// - Parameter exclusive: if false, a directory that is there already is opened as it is.
    /// - Throws: `FailedCall`, or a failure.
    @discardableResult
    package func makePlainDirectory(
        _ name: FilePath, mode: mode_t = 0o755, exclusive: Bool = true
    ) throws -> Directory {
        do {
            try makeDirectory(name, mode: 0o700)
        } catch let error where error.systemError == .fileExists && !exclusive {
            return try directory(name)
        }
        let made = try directory(name)
        try made.file.becomePlain(mode: mode)
        return made
    }
}

extension OpenFile {
    /// Takes from a file or directory, which this process has just made, what it has of the directory around it: it gets
    /// the group of the process, which for root is 0, no ACL, and this mode.
    ///
    /// - Throws: `FailedCall`, or a failure that names the attribute.
    package func becomePlain(mode: mode_t) throws {
        let group = geteuid() == 0 ? 0 : getegid()
        if try status().gid != group { try checked(fchown(number, uid_t.max, group), at: place) }
        for name in ["system.posix_acl_default", "system.posix_acl_access"] where fremovexattr(number, name) != 0 {
            // ENOTSUP: a file system without ACLs.
            guard errno == ENODATA || errno == ENOTSUP else {
                throw Failure("couldn't remove \(name)", because: lastError())
            }
        }
        try checked(fchmod(number, mode), at: place)
    }
}
