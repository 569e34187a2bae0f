import Failure
import Glibc
import SystemPackage

extension FilePath {
    /// The path without symlinks, `.` and `..`, as realpath(3) gives it.
    package func resolved() throws -> FilePath {
        guard let path = withPlatformString({ realpath($0, nil) }) else {
            throw FailedCall(Errno(rawValue: errno), at: self)
        }
        defer { free(path) }
        return FilePath(platformString: path)
    }

    /// Whether there is anything at the path, symlinks followed, as far as that can be found out: for advice, and where what
    /// comes next says what is wrong. Where something else is done if there is nothing, see ``isThere()``.
    package var exists: Bool { withPlatformString { access($0, F_OK) } == 0 }

    /// The path without symlinks; as it is if there is nothing there.
    package var resolvedIfThere: FilePath { (try? resolved()) ?? self }

    /// The working directory of the process.
    package static func currentDirectory() throws -> FilePath {
        guard let buffer = getcwd(nil, 0) else {
            throw Failure("couldn't find the working directory", because: Errno(rawValue: errno))
        }
        defer { free(buffer) }
        return FilePath(platformString: buffer)
    }

    /// The path, seen from the working directory if it is relative.
    package func absolute() throws -> FilePath {
        isAbsolute ? self : try FilePath.currentDirectory().pushing(self)
    }
}

extension FilePath {
    /// The path that `bytes` are; a NUL among them ends it.
    package init(bytes: some Collection<UInt8>) {
        self = FileName(bytes).withCString { FilePath(platformString: $0) }
    }
}
