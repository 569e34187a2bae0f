import CDeflate

/// Finds chunks on which deflate would only spend time: of random, encrypted or already compressed data.
///
/// Eight pieces of a chunk speak for it, at two gates. The bytes of such data are spread evenly, which a histogram
/// shows; text, programs and tables end there. Data that pass might still repeat themselves, so that the start of each
/// piece is compressed at the fastest level. The answer depends on the bytes alone, and so does the layer.
final class CompressibilityProbe {
    private static let pieceSize = 32 << 10
    private static let pieces = 8
    /// How much of a piece is compressed: enough for repetitions to show, and a sixteenth of the chunk.
    private static let sampleSize = 8 << 10
    /// Chunks that are not larger are compressed without a question.
    private static let smallChunk = pieceSize * pieces

    private let handle: OpaquePointer
    private let room = Chunk(capacity: sampleSize)

    /// `nil` if there is no memory.
    init?() {
        guard let handle = libdeflate_alloc_compressor(1) else { return nil }
        self.handle = handle
    }

    deinit {
        libdeflate_free_compressor(handle)
    }

    /// Whether compressing `bytes` is worth it.
    func isCompressible(_ bytes: UnsafeRawBufferPointer) -> Bool {
        if bytes.count <= Self.smallChunk { return true }
        let step = bytes.count / Self.pieces
        let pieces = (0..<Self.pieces).map {
            UnsafeRawBufferPointer(rebasing: bytes[$0 * step..<$0 * step + Self.pieceSize])
        }
        return !areEven(pieces) || pieces.contains(where: shrinks)
    }

    /// Whether the start of a piece becomes smaller by a sixty-fourth at least.
    private func shrinks(_ piece: UnsafeRawBufferPointer) -> Bool {
        // Room for no more than that: 0 says that it does not fit.
        let limit = Self.sampleSize - Self.sampleSize / 64
        return libdeflate_deflate_compress(
            handle, piece.baseAddress, Self.sampleSize, room.memory.baseAddress, limit) > 0
    }

    /// Whether no byte value is so much more frequent than others that Huffman codes could save a hundredth: the
    /// entropy that is missing from eight bits a byte is about half of chi-squared, in nats.
    private func areEven(_ pieces: [UnsafeRawBufferPointer]) -> Bool {
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 256) { counts in
            counts.initialize(repeating: 0)
            for piece in pieces {
                for byte in piece { counts[Int(byte)] &+= 1 }
            }
            let total = Double(Self.pieces * Self.pieceSize)
            let mean = total / 256
            let deviation = counts.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
            return deviation / mean / total < 0.06
        }
    }
}
