import CZlib
import Failure

/// gzip by zlib: slower than ISA-L, and everywhere.
final class ZlibEngine: GzipEngine {
    /// zlib points back to it, so it must not move.
    private let stream: UnsafeMutablePointer<z_stream>

    init() throws {
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // The largest window, and 16 for gzip: neither zlib's own wrapping nor none.
        let size = Int32(MemoryLayout<z_stream>.size)
        guard inflateInit2_(stream, MAX_WBITS + 16, ZLIB_VERSION, size) == Z_OK else {
            stream.deallocate()
            throw Failure("no memory for a gzip decompressor")
        }
        self.stream = stream
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    func reset() {
        inflateReset(stream)
    }

    func inflate(_ input: UnsafeRawBufferPointer, into room: UnsafeMutableRawBufferPointer) throws -> Step {
        stream.pointee.next_in = UnsafeMutablePointer(
            mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
        stream.pointee.avail_in = UInt32(input.count)
        stream.pointee.next_out = room.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = UInt32(room.count)
        // Z_BUF_ERROR: nothing could be done with what there is. The caller finds out, and whether it is an error.
        let result = CZlib.inflate(stream, Z_NO_FLUSH)
        guard result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR else {
            let reason = stream.pointee.msg.map { String(cString: $0) } ?? "error \(result)"
            throw Failure("the gzip stream is damaged: \(reason)")
        }
        return (
            input.count - Int(stream.pointee.avail_in), room.count - Int(stream.pointee.avail_out),
            result == Z_STREAM_END
        )
    }
}
