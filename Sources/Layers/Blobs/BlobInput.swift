import FileTree
import OCI

/// Reads a blob once from its start to its end, and hashes and counts it on the way.
final class BlobInput {
    private let source: any ByteSource
    private let buffer: Chunk
    private var range = 0..<0
    private var hasher: DigestHasher?
    private(set) var size: Int64 = 0

    /// Called with the number of bytes that were read.
    private let advanced: @Sendable (Int) -> Void

    /// - Parameter hashes: whether ``finish()`` is to give a digest.
    init(_ source: any ByteSource, hashes: Bool, advanced: @escaping @Sendable (Int) -> Void = { _ in }) {
        self.source = source
        self.advanced = advanced
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

    /// The next few bytes, fewer at the end of the blob.
    func peek(_ count: Int) throws -> [UInt8] {
        if range.count < count, range.lowerBound > 0 {
            buffer.memory.copyMemory(from: rest)
            range = 0..<range.count
        }
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
        let count = try source.read(into: free)
        hasher?.update(UnsafeRawBufferPointer(rebasing: free[..<count]))
        size += Int64(count)
        advanced(count)
        range = range.lowerBound..<range.upperBound + count
        return count
    }
}
