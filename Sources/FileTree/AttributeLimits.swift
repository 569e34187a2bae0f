import Failure
import Glibc
import SystemPackage

extension ExtendedAttribute {
    /// What it means that it could not be set: whether it has to be left out, since the file system or the user's rights
    /// do not allow such attributes.
    ///
    /// - Parameters:
    ///   - error: what the system call ended with.
    ///   - file: the file, or another one on its file system.
    /// - Throws: a failure for any other reason. A file system holds only so much of one file, and says "no space" of
    ///   more: that is not a full disk.
    package func isRefused(_ error: Errno, on file: OpenFile) throws -> Bool {
        if error == .notSupported || error == .notPermitted { return true }
        let isTooLarge = try error == .argListTooLong || (error == .noSpace && file.freeSpace() > 1 << 20)
        guard isTooLarge else { throw Failure("couldn't set its attribute \(name)", because: error) }
        let system = try FileSystem(of: file)
        throw Failure(
            "couldn't set its attribute \(name) of \(value.count) bytes",
            because: Failure("\(system.name) does not hold so many bytes of attributes of one file"),
            help: "ext4 holds about 4 KiB, btrfs 16, xfs 64 for each attribute: keep the files on another file system, "
                + "those in the roots directory by --roots-dir")
    }
}

extension OpenFile {
    /// Sets extended attributes.
    ///
    /// - Returns: those that have to be left out, since the file system or the user's rights do not allow them.
    /// - Throws: a failure for any other reason.
    package func setAttributes(_ attributes: [ExtendedAttribute]) throws -> [AttributeName] {
        try attributes.compactMap { attribute in
            do {
                try setAttribute(attribute)
                return nil
            } catch {
                guard let errno = error.systemError else { throw error }
                return try attribute.isRefused(errno, on: self) ? attribute.name : nil
            }
        }
    }

    /// Bytes that this user can still write to the file system that the file is on.
    ///
    /// - Throws: `Errno`.
    package func freeSpace() throws -> Int64 {
        var status = statvfs()
        try checked(fstatvfs(number, &status), at: place)
        let (bytes, overflows) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        return overflows ? Int64.max : Int64(clamping: bytes)
    }
}
