import Failure
import Glibc
import SystemPackage

// Reading and writing at a place of a file, which leaves its position alone.
extension OpenFile {
    /// Reads bytes at `offset`.
    ///
    /// - Throws: A ``Failure`` if the file ends before.
    package func readExactly(_ count: Int, at offset: Int64) throws -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            try readExactly(UnsafeMutableRawBufferPointer(buffer), at: offset)
            initialized = count
        }
    }

    /// Fills `buffer` with the bytes at `offset`.
    package func readExactly(_ buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws {
        var done = 0
        while done < buffer.count {
            let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
            let count = try read(into: piece, at: offset + Int64(done))
            if count == 0 { throw Failure("the file is truncated") }
            done += count
        }
    }

    /// Reads up to `buffer.count` bytes at `offset`, possibly fewer than there are; 0 at the end of the file.
    ///
    /// - Throws: `FailedCall`.
    package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws -> Int {
        while true {
            let count = pread(number, buffer.baseAddress, buffer.count, Int(offset))
            if count >= 0 { return count }
            if errno != EINTR { throw lastError() }
        }
    }

    /// Reads a part of the file in pieces of a mebibyte, the last one shorter.
    package func forEachPiece(in range: Range<Int64>, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        var offset = range.lowerBound
        while offset < range.upperBound {
            let piece = UnsafeMutableRawBufferPointer(
                rebasing: buffer.prefix(Int(min(Int64(buffer.count), range.upperBound - offset))))
            try readExactly(piece, at: offset)
            try body(UnsafeRawBufferPointer(piece))
            offset += Int64(piece.count)
        }
    }

    /// Writes all of `bytes` at `offset`.
    package func writeAll(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws {
        var rest = bytes
        var offset = offset
        while !rest.isEmpty {
            let count = pwrite(number, rest.baseAddress, rest.count, Int(offset))
            if count < 0 {
                if errno == EINTR { continue }
                throw lastError()
            }
            offset += Int64(count)
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }
}
