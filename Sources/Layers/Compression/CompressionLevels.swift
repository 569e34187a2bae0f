import Failure

/// The levels of a compressor: the higher, the fewer bytes and the more time. They are the compressor's own, so that they
/// mean what they mean elsewhere.
package struct CompressionLevels: Sendable, Hashable {
    /// What compresses, or what is compressed.
    package let name: String
    /// All levels that there are.
    package let possible: ClosedRange<Int>
    /// The one that is taken if nobody asks for another.
    package let standard: Int

    /// libdeflate's. Level 5 is as small as gzip -6.
    package static let gzip = Self(name: "gzip", possible: 1...12, standard: 5)
    /// zstd's for a tar, without those that take a decoder much memory.
    package static let zstd = Self(name: "zstd", possible: 1...19, standard: 3)
    /// zstd's, as `mksquashfs -Xcompression-level` has them. Level 14 is within half a percent of mksquashfs's 15, and
    /// takes a sixth less time.
    package static let squashfs = Self(name: "squashfs", possible: 1...22, standard: 14)
    /// lz4hc's, as `mkfs.erofs -zlz4hc,N` has them, and 0 for lz4 without "high compression": `mkfs.erofs -zlz4`.
    package static let erofs = Self(name: "erofs", possible: 0...12, standard: 9)

    /// Throws a ``Failure`` that says what is possible if there is no such level.
    func check(_ level: Int) throws {
        guard !possible.contains(level) else { return }
        throw Failure(
            "\(name) has no compression level \(level)",
            help: "levels \(possible.lowerBound) to \(possible.upperBound) are possible")
    }
}
