import CSyscalls
import Glibc
import SystemPackage

extension OpenFile {
    /// Makes the content of `source`, from its start to its end, the content of this empty file. Where the file system
    /// can share blocks nothing is copied, otherwise the kernel copies where it can.
    ///
    /// - Parameter checkpoint: called every 64 MiB or so; what it throws ends the copy.
    /// - Returns: whether the blocks are shared.
    /// - Throws: `Errno`.
    @discardableResult
    public func copyContent(of source: OpenFile, checkpoint: () throws -> Void = {}) throws -> Bool {
        if stacker_clone_file(number, source.number) == 0 { return true }
        while true {
            let count = stacker_copy_file_range(number, source.number, 64 << 20)
            if count == 0 { break }
            if count > 0 {
                try checkpoint()
                continue
            }
            switch Glibc.errno {
            case EINTR: continue
            // Another file system, or one that cannot: by hand, from where the kernel stopped.
            case EXDEV, EINVAL, ENOSYS, EOPNOTSUPP, EBADF, ETXTBSY:
                try pump(source, checkpoint)
                return false
            case let errno: throw Errno(rawValue: errno)
            }
        }
        // Some virtual files have no size, and copy_file_range(2) takes them for empty.
        try pump(source, checkpoint)
        return false
    }

    private func pump(_ source: OpenFile, _ checkpoint: () throws -> Void) throws {
        try withUnsafeTemporaryAllocation(byteCount: 256 << 10, alignment: 4096) { buffer in
            while case let count = try source.read(into: buffer), count > 0 {
                try writeAll(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                try checkpoint()
            }
        }
    }
}
