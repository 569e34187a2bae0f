import Failure
import Glibc
import SystemPackage

/// What `body` gives; `nil` where what is there, or is not, is of no use for it.
///
/// An error that says nothing of what is there, as that of a disk, of rights, or of too many open files, is thrown: to take it for
/// an absence gives a wrong result without an error.
package func ifUsable<Result>(_ body: () throws -> Result) throws -> Result? {
    do {
        return try body()
    } catch  where error.saysWhatIsThere {
        return nil
    }
}

extension Error {
    fileprivate var saysWhatIsThere: Bool {
        // Of a failure without one, it is the content.
        guard let errno = rootErrno else { return true }
        return errno.saysNoDirectory || Errno.ofAnotherKind.contains(errno)
    }
}

extension Errno {
    /// What is there is longer, of another kind, or elsewhere.
    fileprivate static let ofAnotherKind: [Errno] = [
        .isDirectory, .invalidArgument, .improperLink, .fileNameTooLong, .fileTooLarge,
    ]
}

extension FilePath {
    /// Whether there is anything at the path, symlinks followed.
    ///
    /// - Throws: `FailedCall` where that can't be found out.
    package func isThere() throws -> Bool {
        if withPlatformString({ access($0, F_OK) }) == 0 { return true }
        let errno = Errno(rawValue: Glibc.errno)
        guard errno.saysNoDirectory || errno == .fileNameTooLong else { throw FailedCall(errno, at: self) }
        return false
    }
}
