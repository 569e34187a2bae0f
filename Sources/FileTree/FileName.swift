import CSyscalls
import Glibc
import SystemPackage

/// The name of a file within its directory: bytes of any kind but NUL and "/".
package struct FileName: Sendable, Hashable, Comparable {
    /// The bytes with a NUL after them, as system calls want them.
    private let terminated: [UInt8]

    /// Copies a C string.
    package init(_ name: UnsafePointer<CChar>) {
        let length = strlen(name)
        terminated = name.withMemoryRebound(to: UInt8.self, capacity: length + 1) {
            Array(UnsafeBufferPointer(start: $0, count: length + 1))
        }
    }

    /// Takes bytes that hold no NUL.
    package init(_ bytes: some Collection<UInt8>) {
        var terminated: [UInt8] = []
        terminated.reserveCapacity(bytes.count + 1)
        terminated += bytes
        terminated.append(0)
        self.terminated = terminated
    }

    /// The name without the NUL.
    package var bytes: ArraySlice<UInt8> { terminated.dropLast() }

    /// Runs `body` with the name as a C string.
    @inline(__always)
    package func withCString<Result>(_ body: (UnsafePointer<CChar>) throws -> Result) rethrows -> Result {
        try terminated.withUnsafeBufferPointer { buffer in
            try buffer.withMemoryRebound(to: CChar.self) { characters in
                guard let base = characters.baseAddress else { return try "".withCString(body) }
                return try body(base)
            }
        }
    }

    /// Orders by bytes, as strcmp(3) does.
    package static func < (left: FileName, right: FileName) -> Bool {
        left.withCString { left in right.withCString { right in strcmp(left, right) < 0 } }
    }
}

// Names of a walk go to system calls as the bytes that they came as: no path is put together for each file.
extension Directory {
    /// lstat(2) of a name in this directory.
    ///
    /// - Throws: `Errno`.
    package func status(_ name: FileName) throws -> FileStatus {
        var status = stat()
        _ = try name.withCString { try checked(fstatat(file.number, $0, &status, AT_SYMLINK_NOFOLLOW)) }
        return FileStatus(status)
    }

    /// lstat(2) of a name in this directory; `nil` if there is none.
    ///
    /// - Throws: `Errno`.
    package func entryStatus(_ name: FileName) throws -> FileStatus? {
        var status = stat()
        if name.withCString({ fstatat(file.number, $0, &status, AT_SYMLINK_NOFOLLOW) }) == 0 {
            return FileStatus(status)
        }
        if errno == ENOENT { return nil }
        throw Errno(rawValue: errno)
    }

    /// Opens a name in this directory, never following a symlink.
    ///
    /// - Throws: `Errno`.
    package func open(_ name: FileName, _ flags: Int32, mode: mode_t = 0) throws -> OpenFile {
        OpenFile(
            owning: try name.withCString {
                try checked(stacker_openat(file.number, $0, flags | O_NOFOLLOW | O_CLOEXEC, mode))
            })
    }

    /// Where the symlink `name` points.
    ///
    /// - Throws: `Errno`.
    package func symlinkTarget(_ name: FileName) throws -> FileName {
        try withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PATH_MAX) + 1) { buffer in
            guard let base = buffer.baseAddress else { throw Errno.noMemory }
            let length = try name.withCString { try checked(readlinkat(file.number, $0, base, Int(PATH_MAX))) }
            base[length] = 0
            return FileName(base)
        }
    }
}

extension FileName {
    /// The bytes of a path.
    package init(_ path: FilePath) {
        self = path.withPlatformString { FileName($0) }
    }

    /// The bytes of one name in a path.
    package init(_ component: FilePath.Component) {
        self = component.withPlatformString { FileName($0) }
    }

    /// The name as a path.
    package var path: FilePath { withCString { FilePath(platformString: $0) } }
}

extension [FileName] {
    /// The names as one path, for messages.
    package var path: FilePath { reduce(into: FilePath("")) { $0.append($1.path.components) } }
}
