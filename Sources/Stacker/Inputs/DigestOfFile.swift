import FileTree
import OCI

extension Digest {
    /// Hashes a file from its current position to its end.
    ///
    /// - Throws: `Errno`.
    init(of file: OpenFile) throws {
        var hasher = DigestHasher()
        try withUnsafeTemporaryAllocation(byteCount: 256 << 10, alignment: 4096) { buffer in
            while case let count = try file.read(into: buffer), count > 0 {
                hasher.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            }
        }
        self = hasher.finish()
    }
}
