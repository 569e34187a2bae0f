import FileTree
import Fixtures
import Glibc
import OCI
import SystemPackage
import Testing

@testable import Layers

@Suite("images: dm-verity")
struct ImageVerityTests: LayerSuite {
    let place: LayerPlace

    init() throws { place = try LayerPlace() }

    private func makeLayer(_ format: ImageFormat, bytes: Int, seed: UInt64 = 26) throws -> EncodedLayer {
        var generator = SplitMix(state: seed)
        let content = (0..<bytes / 8).map { _ in generator.next() }
        let file = try tree.openNoSymlinks("file", O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644)
        try content.withUnsafeBytes { try file.writeAll($0) }
        return try #require(try encodeImage(tree, as: format, verity: true, into: blobs))
    }

    // One block, one block of hashes, two levels.
    @Test("veritysetup and we accept the tree", arguments: ImageFormat.allCases, [0, 300_000, 1_500_000])
    func accepted(format: ImageFormat, bytes: Int) throws {
        let layer = try makeLayer(format, bytes: bytes)
        let root = try #require(layer.descriptor.annotations?["io.stackeroci.stacker.atomfs_verity_root_hash"])
        let image = scratch.blob(layer)
        let size = try format.paddedSize(of: image)
        try shell("veritysetup verify \(image) \(image) \(root) --hash-offset=\(size)")
        try verifyVerity(OpenFile(FilePath(image), O_RDONLY), dataSize: size, rootHash: root)
        try unpack(layer, from: blobs, into: out)
        let other = failure {
            try verifyVerity(
                OpenFile(FilePath(image), O_RDONLY), dataSize: size, rootHash: String(repeating: "0", count: 64))
        }
        #expect(other?.contains("its root hash is \(root)") == true)
    }

    @Test("the same tree gives the same root hash, another tree another", arguments: ImageFormat.allCases)
    func deterministic(format: ImageFormat) throws {
        let first = try makeLayer(format, bytes: 10_000)
        let again = try encodeImage(tree, as: format, verity: true, into: blobs)
        #expect(first == again)
        #expect(try makeLayer(format, bytes: 10_000, seed: 27).descriptor.annotations != first.descriptor.annotations)
    }

    @Test("one flipped byte is refused, wherever it is", arguments: ImageFormat.allCases)
    func flippedByte(format: ImageFormat) throws {
        let layer = try makeLayer(format, bytes: 1_500_000)
        let root = try #require(VerityAnnotation.rootHash(in: layer.descriptor.annotations))
        let image = scratch.blob(layer)
        let good = try bytes(image)
        let size = try Int(format.paddedSize(of: image))
        // In the data, at their end, in the salt, in the upper and in the lower level of the tree.
        for place in [5000, size - 1, size + 88, size + 4096, size + 2 * 4096 + 3] {
            var damaged = good
            damaged[place] ^= 0x10
            let digest = Digest(of: damaged)
            // The type and the annotation of an older stacker, where there was one.
            let descriptor = Descriptor(
                mediaType: format == .squashfs ? .squashfs : .erofs, digest: digest, size: Int64(damaged.count),
                annotations: ["com.cisco.stacker.squashfs_verity_root_hash": root])
            let said = failure {
                _ = try unpackLayer(temporaryFile(damaged), descriptor, diffID: digest, into: scratch.sub("\(place)"))
            }
            #expect(said?.contains("couldn't verify its dm-verity tree") == true)
            #expect(try scratch.sub("\(place)").names().isEmpty)
        }
    }

    @Test("a tree that veritysetup made is verified", arguments: ImageFormat.allCases)
    func foreign(format: ImageFormat) throws {
        try tree.put("a", String(repeating: "text", count: 100_000))
        let layer = try #require(try encodeImage(tree, as: format, into: blobs))
        let image = scratch.path("image")
        try shell("cp \(scratch.blob(layer)) \(image)")
        let root = try shell(
            "veritysetup format \(image) \(image) --hash-offset=\(layer.descriptor.size) | sed -n 's/^Root hash:[ \\t]*//p'"
        )
        let file = try OpenFile(FilePath(image), O_RDONLY)
        try verifyVerity(file, dataSize: layer.descriptor.size, rootHash: String(root.dropLast()))
    }

    @Test("an annotation without a tree is refused", arguments: ImageFormat.allCases)
    func noTree(format: ImageFormat) throws {
        try tree.put("a")
        var layer = try #require(try encodeImage(tree, as: format, into: blobs))
        layer.descriptor.annotations = [VerityAnnotation.name: String(repeating: "0", count: 64)]
        let refused = layer
        let said = failure { try unpack(refused, from: blobs, into: out) }
        #expect(said?.contains("couldn't verify its dm-verity tree") == true)
    }
}
