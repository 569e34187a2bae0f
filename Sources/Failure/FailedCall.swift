import SystemPackage

/// A system call that failed, and what it was about.
///
/// Who catches it asks for ``Swift/Error/systemError``, which a bare `Errno` has, too.
package struct FailedCall: Error, Sendable, CustomStringConvertible {
    /// Why.
    package let errno: Errno
    /// The path of the file or directory.
    package let place: FilePath

    /// Puts both together.
    package init(_ errno: Errno, at place: FilePath) { (self.errno, self.place) = (errno, place) }

    /// `path: why`
    package var description: String { "\(shown(path: Array(place.string.utf8))): \(errno)" }

    /// Why, and where unless `text` has said so: the name of the file is in it.
    func reason(behind text: String) -> String {
        guard let name = place.lastComponent?.string, !text.says(name) else { return "\(errno)" }
        return description
    }
}

extension Error {
    /// What the system call said that this is the failure of; `nil` for other errors, also for those that say what was being done
    /// when it failed.
    package var systemError: Errno? { self as? Errno ?? (self as? FailedCall)?.errno }

    /// The same, also of errors that say what was being done.
    package var rootErrno: Errno? { (self as? Failure)?.errno ?? systemError }

    /// Whether the system call said one of these.
    package func isSystemError(_ errnos: Errno...) -> Bool { systemError.map(errnos.contains) ?? false }
}

extension String {
    /// Whether a name is in it, and not as a part of another one.
    fileprivate func says(_ name: String) -> Bool {
        var rest = self[...]
        while let found = rest.firstRange(of: name) {
            let before = self[..<found.lowerBound].last
            let after = self[found.upperBound...].first
            if before?.isPartOfName != true, after?.isPartOfName != true { return true }
            rest = self[found.upperBound...]
        }
        return false
    }
}

extension Character {
    fileprivate var isPartOfName: Bool { isLetter || isNumber || self == "_" || self == "-" }
}
