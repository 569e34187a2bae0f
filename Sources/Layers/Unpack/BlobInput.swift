import FileTree
import OCI

/// Reads a blob once from its start to its end, and hashes and counts it on the way.
final class BlobInput {
    private let file: OpenFile
    private let buffer: Chunk
    private var range = 0..<0
    private var hasher: DigestHasher?
    private(set) var size: Int64 = 0

    /// - Parameter hashes: whether ``finish()`` is to give a digest.
    init(_ file: OpenFile, hashes: Bool) {
        self.file = file
        buffer = Chunk(capacity: 256 << 10)
        hasher = hashes ? DigestHasher() : nil
    }

    /// What was read and not consumed yet.
    var rest: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: buffer.memory[range]) }

    /// Makes sure that ``rest`` is not empty; `false` at the end of the blob.
    func refill() throws -> Bool {
        if !range.isEmpty { return true }
        range = 0..<0
        return try readMore() > 0
    }

    /// The first bytes of the blob, fewer if it is shorter. Only before anything was consumed.
    func peek(_ count: Int) throws -> [UInt8] {
        while range.count < count, try readMore() > 0 {}
        return Array(rest.prefix(count))
    }

    func consume(_ count: Int) {
        range = range.lowerBound + count..<range.upperBound
    }

    /// Reads on to the end; returns the digest of the whole, if one was asked for.
    func finish() throws -> Digest? {
        repeat { range = 0..<0 } while try readMore() > 0
        defer { hasher = nil }
        return hasher?.finish()
    }

    private func readMore() throws -> Int {
        let free = UnsafeMutableRawBufferPointer(rebasing: buffer.memory[range.upperBound...])
        let count = try file.read(into: free)
        hasher?.update(UnsafeRawBufferPointer(rebasing: free[..<count]))
        size += Int64(count)
        range = range.lowerBound..<range.upperBound + count
        return count
    }
}
