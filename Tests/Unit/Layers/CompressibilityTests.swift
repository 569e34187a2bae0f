import FileTree
import Fixtures
import Testing

@testable import Layers

@Suite("Layers: what is not worth compressing")
struct CompressibilityTests {
    private func isCompressible(_ bytes: [UInt8]) throws -> Bool {
        let probe = try #require(CompressibilityProbe())
        return bytes.withUnsafeBytes { probe.isCompressible($0) }
    }

    private func noise(_ count: Int) -> [UInt8] {
        var generator = SplitMix(state: 21)
        return (0..<count / 8).flatMap { _ in withUnsafeBytes(of: generator.next() as UInt64) { Array($0) } }
    }

    @Test("random bytes are not compressed, text is")
    func kinds() throws {
        #expect(try !isCompressible(noise(1 << 20)))
        let text = Array("every line of a text is much like the one before\n".utf8)
        #expect(try isCompressible(Array(repeating: text, count: 20000).flatMap { $0 }))
    }

    @Test("bytes that are spread evenly but repeat themselves are compressed")
    func repetition() throws {
        let block = noise(4096)
        #expect(try isCompressible(Array(repeating: block, count: 256).flatMap { $0 }))
        #expect(try isCompressible((0..<1 << 20).map { UInt8(truncatingIfNeeded: $0) }))
    }

    @Test("a few compressible pieces are enough")
    func mixture() throws {
        var bytes = noise(1 << 20)
        bytes.replaceSubrange(256 << 10..<512 << 10, with: repeatElement(0, count: 256 << 10))
        #expect(try isCompressible(bytes))
    }

    @Test("a layer of random bytes is hardly larger than they are, and any gzip reads it")
    func layer() throws {
        let scratch = try Scratch()
        let tree = try scratch.sub("tree")
        let content = noise(4 << 20)
        try tree.replaceFile("noise", with: content)
        let layer = try #require(try encode(tree, into: scratch.sub("blobs")))
        #expect(layer.descriptor.size < Int64(content.count) * 1001 / 1000 + 4096)
        let digest = try shell("gzip -dc \(scratch.path("blobs"))/\(layer.descriptor.digest.hex) | sha256sum")
        #expect(digest.prefix(64) == layer.diffID.hex)
    }
}
