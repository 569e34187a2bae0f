import CSyscalls
import Glibc
import SystemPackage

extension OpenFile {
    /// Makes the content of `source`, from its start to its end, the content of this empty file. Where the file system
    /// can share blocks nothing is copied, otherwise the kernel copies where it can; holes stay holes.
    ///
    /// - Parameter checkpoint: called every 64 MiB or so; what it throws ends the copy.
    /// - Returns: whether the blocks are shared.
    /// - Throws: `FailedCall`.
    @discardableResult
    package func copyContent(of source: OpenFile, checkpoint: () throws -> Void = {}) throws -> Bool {
        if stacker_clone_file(number, source.number) == 0 { return true }
        guard try source.hasHoles() else {
            try copy(source, .max, checkpoint)
            // Some virtual files have no size, and copy_file_range(2) takes them for empty.
            try pump(source, .max, checkpoint)
            return false
        }
        var end: Int64 = 0
        while let data = try source.seek(.data, from: end) {
            end = try source.seek(.hole, from: data) ?? data
            try checked(lseek(source.number, Int(data), SEEK_SET), at: source.place)
            try checked(lseek(number, Int(data), SEEK_SET), at: place)
            try copy(source, end - data, checkpoint)
        }
        let size = try checked(lseek(source.number, 0, SEEK_END), at: source.place)
        try checked(ftruncate(number, Int(size)), at: place)
        return false
    }

    /// What lseek(2) can look for.
    private enum Part: Int32 {
        /// SEEK_DATA.
        case data = 3
        /// SEEK_HOLE; the end of the file is one.
        case hole = 4
    }

    /// Where the next part of a kind begins; `nil` if there is none up to the end.
    private func seek(_ part: Part, from offset: Int64) throws -> Int64? {
        let found = lseek(number, Int(offset), part.rawValue)
        if found < 0, errno == ENXIO { return nil }
        return Int64(try checked(found, at: place))
    }

    /// Whether there are holes, as far as the file system tells. The position is at the start afterwards.
    private func hasHoles() throws -> Bool {
        let size = try status().size
        let hole = size > 0 ? lseek(number, 0, Part.hole.rawValue) : -1
        // What can't be sought in is read from where it is.
        _ = lseek(number, 0, SEEK_SET)
        return hole >= 0 && Int64(hole) < size
    }

    /// Copies from where both files are, at most `count` bytes, by the kernel.
    private func copy(_ source: OpenFile, _ count: Int64, _ checkpoint: () throws -> Void) throws {
        var rest = count
        while rest > 0 {
            let copied = stacker_copy_file_range(number, source.number, Int(min(rest, 64 << 20)))
            if copied == 0 { return }
            if copied > 0 {
                rest -= Int64(copied)
                try checkpoint()
                continue
            }
            switch Glibc.errno {
            case EINTR: continue
            // Another file system, or one that cannot: by hand, from where the kernel stopped.
            case EXDEV, EINVAL, ENOSYS, EOPNOTSUPP, EBADF, ETXTBSY: return try pump(source, rest, checkpoint)
            default: throw lastError()
            }
        }
    }

    private func pump(_ source: OpenFile, _ count: Int64, _ checkpoint: () throws -> Void) throws {
        try withUnsafeTemporaryAllocation(byteCount: 256 << 10, alignment: 4096) { buffer in
            var rest = count
            while rest > 0 {
                let room = UnsafeMutableRawBufferPointer(rebasing: buffer[..<Int(min(rest, Int64(buffer.count)))])
                let count = try source.read(into: room)
                if count == 0 { return }
                try writeAll(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                rest -= Int64(count)
                try checkpoint()
            }
        }
    }
}
