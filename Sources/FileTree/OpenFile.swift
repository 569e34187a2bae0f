import CSyscalls
import Failure
import Glibc
import SystemPackage

/// Bytes that come one after the other.
package protocol ByteSource {
    /// Reads up to `buffer.count` bytes; 0 at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int
}

/// An open file descriptor that is closed when its last owner lets go of it.
///
/// Every descriptor is opened close-on-exec: nothing of ours leaks into a container.
package final class OpenFile: ByteSource, Sendable {
    /// The number, for system calls. Valid as long as this object lives.
    package let number: Int32

    /// Takes ownership of an open descriptor.
    package init(owning number: Int32) {
        self.number = number
    }

    deinit {
        close(number)
    }

    /// Opens a path as open(2) does, close-on-exec.
    ///
    /// - Throws: `FailedCall`.
    package convenience init(_ path: FilePath, _ flags: Int32, mode: mode_t = 0) throws {
        let number = path.withPlatformString { stacker_openat(AT_FDCWD, $0, flags | O_CLOEXEC, mode) }
        try self.init(owning: checked(number, at: path))
    }

    /// The path by which the kernel knows it, for messages; `nil` for what has none, as a pipe.
    package var place: FilePath? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PATH_MAX)) { buffer in
            guard let base = buffer.baseAddress,
                case let length = readlink("/proc/self/fd/\(number)", base, buffer.count), length > 0,
                base.pointee == CChar(bitPattern: UInt8(ascii: "/"))
            else { return nil }
            return FilePath(bytes: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<length]))
        }
    }

    /// The error of a call that was about this file, which has just failed.
    func lastError() -> any Error {
        // To ask for the path is a call, too.
        let errno = Errno(rawValue: Glibc.errno)
        return Self.failed(errno, at: place)
    }

    static func failed(_ errno: Errno, at place: FilePath?) -> any Error {
        place.map { FailedCall(errno, at: $0) } ?? errno
    }

    /// The status of the open file itself.
    package func status() throws -> FileStatus {
        var status = stat()
        try checked(fstat(number, &status), at: place)
        return FileStatus(status)
    }

    /// Reads up to `buffer.count` bytes from the current position; 0 at the end of the file.
    package func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        while true {
            let count = Glibc.read(number, buffer.baseAddress, buffer.count)
            if count >= 0 { return count }
            if Glibc.errno != EINTR { throw lastError() }
        }
    }

    /// Writes all of `bytes` at the current position.
    package func writeAll(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes
        while !rest.isEmpty {
            let count = Glibc.write(number, rest.baseAddress, rest.count)
            if count < 0 {
                if Glibc.errno == EINTR { continue }
                throw lastError()
            }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    /// Writes all of `bytes` at the current position.
    package func writeAll(_ bytes: some Sequence<UInt8>) throws {
        if try bytes.withContiguousStorageIfAvailable({ try writeAll(UnsafeRawBufferPointer($0)) }) == nil {
            try Array(bytes).withUnsafeBytes { try writeAll($0) }
        }
    }

    /// Reads from the current position to the end.
    ///
    /// - Parameter limit: the most bytes that are taken; of a longer file a failure says so, whose cause is `EFBIG`.
    package func readToEnd(limit: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while true {
            let piece = try [UInt8](unsafeUninitializedCapacity: 64 << 10) { buffer, count in
                count = try read(into: UnsafeMutableRawBufferPointer(buffer))
            }
            if piece.isEmpty { return bytes }
            bytes += piece
            if bytes.count > limit {
                throw Failure(
                    "it is longer than \(limit) bytes, which is the most that is read of it",
                    because: Errno.fileTooLarge)
            }
        }
    }

    /// Has the kernel begin to write the file's content to the disk, without waiting for it. To fail here does no harm:
    /// ``synchronize()`` says so.
    package func startWriting() {
        _ = stacker_start_writing(number)
    }

    /// Makes the file's content durable: fsync(2).
    package func synchronize() throws { try waitForDisk(fsync) }

    /// Makes all durable that was written to the file system on which the file is: syncfs(2).
    package func synchronizeFileSystem() throws { try waitForDisk(stacker_syncfs) }

    private func waitForDisk(_ call: @convention(c) (CInt) -> CInt) throws {
        // File systems behind a network, or FUSE, let a signal end the waiting.
        while call(number) != 0 {
            if Glibc.errno != EINTR { throw lastError() }
        }
    }
}

/// Turns the -1 of a system call into the `Errno` that explains it.
@discardableResult
package func checked<Result: SignedInteger>(_ result: Result) throws -> Result {
    guard result >= 0 else { throw Errno(rawValue: Glibc.errno) }
    return result
}

/// The same, with what the call was about.
///
/// - Parameter place: asked for when it has failed; `nil` if there is no path.
@discardableResult
package func checked<Result: SignedInteger>(_ result: Result, at place: @autoclosure () -> FilePath?) throws -> Result {
    guard result < 0 else { return result }
    let errno = Errno(rawValue: Glibc.errno)
    throw OpenFile.failed(errno, at: place())
}
