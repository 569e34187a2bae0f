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
    /// lstat(2) of a name in this directory; `nil` if there is none.
    ///
    /// - Throws: `FailedCall`.
    package func status(_ name: FileName) throws -> FileStatus? { try name.withCString { try status($0) } }

    /// Opens the subdirectory `name`; a symlink is refused.
    ///
    /// - Throws: `FailedCall`.
    package func directory(_ name: FileName) throws -> Directory { Directory(try open(name, O_RDONLY | O_DIRECTORY)) }

    /// Opens a name in this directory, never following a symlink.
    ///
    /// - Throws: `FailedCall`.
    package func open(_ name: FileName, _ flags: Int32, mode: mode_t = 0) throws -> OpenFile {
        OpenFile(
            owning: try name.withCString {
                try checked(
                    stacker_openat(file.number, $0, flags | O_NOFOLLOW | O_CLOEXEC, mode), at: place(of: name.path))
            })
    }

    /// Where the symlink `name` points: the bytes of a path.
    ///
    /// - Throws: `FailedCall`.
    package func symlinkTarget(_ name: FileName) throws -> [UInt8] {
        try name.withCString { try readLink($0) { Array($0) } }
    }

    /// Makes the symlink `name`.
    ///
    /// - Parameter target: the bytes of a path.
    /// - Throws: `FailedCall`.
    package func makeSymlink(_ name: FileName, to target: [UInt8]) throws {
        _ = try name.withCString { name in
            try FileName(target).withCString {
                try checked(symlinkat($0, file.number, name), at: place(of: FilePath(platformString: name)))
            }
        }
    }

    /// The names in this directory without `.` and `..`, sorted by their bytes.
    ///
    /// - Throws: `FailedCall`.
    package func fileNames() throws -> [FileName] { try listedNames().sorted() }

    /// The same in the order in which the file system lists them.
    ///
    /// - Throws: `FailedCall`.
    package func listedNames() throws -> [FileName] {
        // A descriptor of its own, which fdopendir takes over.
        let number = try checked(
            stacker_openat(file.number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0), at: file.place)
        guard let stream = fdopendir(number) else {
            let error = lastError(at: ".")
            close(number)
            throw error
        }
        defer { closedir(stream) }
        var names: [FileName] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else { break }
            // By pointer: an entry is as long as its name, so that d_name must not be read as a whole.
            let name = UnsafeRawPointer(entry).advanced(by: dirent.nameOffset).assumingMemoryBound(to: CChar.self)
            if strcmp(name, ".") != 0, strcmp(name, "..") != 0 { names.append(FileName(name)) }
        }
        if errno != 0 { throw lastError(at: ".") }
        return names
    }
}

extension dirent {
    fileprivate static let nameOffset = MemoryLayout<dirent>.offset(of: \.d_name) ?? 19
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
