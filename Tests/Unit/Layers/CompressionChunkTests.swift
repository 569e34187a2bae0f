import FileTree
import Fixtures
import Testing

@testable import Layers

/// Where a chunk ends decides the bytes of a layer, which have to stay as they are.
@Suite("Layers: chunks that are compressed one by one")
struct CompressionChunkTests: LayerSuite {
    let place: LayerPlace

    init() throws { place = try LayerPlace() }

    @Test(
        "a tar is compressed in pieces of 1 MiB for gzip, and of 4 MiB for zstd",
        arguments: [(Compression.gzip(), 1 << 20), (.zstd(), 4 << 20)])
    func pieces(compression: Compression, size: Int) throws {
        try tree.put("file", randomText(2 * size + 100, seed: 7))
        let archive = try bytes(scratch.blob(encode(tree, .none, into: blobs)))
        let layer = try bytes(scratch.blob(encode(tree, compression, into: blobs)))
        let compressor = try #require(try compression.makeCompressor())
        var expected: [UInt8] = []
        for start in stride(from: 0, to: archive.count, by: size) {
            let piece = archive[start..<min(start + size, archive.count)]
            let chunk = Chunk(capacity: piece.count)
            chunk.memory.copyBytes(from: piece)
            chunk.count = piece.count
            let compressed = try compressor.compress(chunk, nil)
            expected += withExtendedLifetime(compressed) { Array(compressed.bytes) }
        }
        #expect(layer == expected)
    }
}
