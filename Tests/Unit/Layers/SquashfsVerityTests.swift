import FileTree
import Glibc
import OCI
import SystemPackage
import Testing

@testable import Layers

@Suite("squashfs: dm-verity")
struct SquashfsVerityTests {
    let scratch: Scratch
    let tree: Directory
    let blobs: Directory

    init() throws {
        scratch = try Scratch()
        tree = try scratch.sub("tree")
        blobs = try scratch.sub("blobs")
    }

    private func makeLayer(bytes: Int, seed: UInt64 = 26) throws -> EncodedLayer {
        var generator = SplitMix(state: seed)
        let content = (0..<bytes / 8).map { _ in generator.next() }
        let file = try tree.openNoSymlinks("file", O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644)
        try content.withUnsafeBytes { try file.writeAll($0) }
        return try #require(try encodeSquashfs(tree, verity: true, into: blobs))
    }

    private func dataSize(_ path: String) throws -> Int64 {
        let file = try OpenFile(FilePath(path), O_RDONLY)
        return try SquashfsStoredImage.paddedSize(file, size: file.status().size)
    }

    // One block, one block of hashes, two levels.
    @Test("veritysetup and we accept the tree", arguments: [0, 300_000, 1_500_000])
    func accepted(bytes: Int) throws {
        let layer = try makeLayer(bytes: bytes)
        let root = try #require(layer.descriptor.annotations?["io.stackeroci.stacker.atomfs_verity_root_hash"])
        let image = scratch.blob(layer)
        let size = try dataSize(image)
        try shell("veritysetup verify \(image) \(image) \(root) --hash-offset=\(size)")
        try verifyVerity(OpenFile(FilePath(image), O_RDONLY), dataSize: size, rootHash: root)
        try unpack(layer, from: blobs, into: scratch.sub("out"))
        let other = failure {
            try verifyVerity(
                OpenFile(FilePath(image), O_RDONLY), dataSize: size, rootHash: String(repeating: "0", count: 64))
        }
        #expect(other?.contains("its root hash is \(root)") == true)
    }

    @Test("the same tree gives the same root hash, another tree another")
    func deterministic() throws {
        let first = try makeLayer(bytes: 10_000)
        let again = try encodeSquashfs(tree, verity: true, into: blobs)
        #expect(first == again)
        #expect(try makeLayer(bytes: 10_000, seed: 27).descriptor.annotations != first.descriptor.annotations)
    }

    @Test("one flipped byte is refused, wherever it is")
    func flippedByte() throws {
        let layer = try makeLayer(bytes: 1_500_000)
        let root = try #require(VerityAnnotation.rootHash(in: layer.descriptor.annotations))
        let image = scratch.blob(layer)
        let good = try OpenFile(FilePath(image), O_RDONLY).readToEnd(limit: 1 << 24)
        let size = try dataSize(image)
        // In the data, in the salt, in the upper and in the lower level of the tree.
        for place in [5000, Int(size) + 88, Int(size) + 4096, Int(size) + 2 * 4096 + 3] {
            var bytes = good
            bytes[place] ^= 0x10
            let digest = Digest(of: bytes)
            let descriptor = Descriptor(
                mediaType: .squashfs, digest: digest, size: Int64(bytes.count),
                annotations: ["com.cisco.stacker.squashfs_verity_root_hash": root])
            let said = failure {
                _ = try unpackLayer(temporaryFile(bytes), descriptor, diffID: digest, into: scratch.sub("out\(place)"))
            }
            #expect(said?.contains("couldn't verify its dm-verity tree") == true)
            #expect(try scratch.sub("out\(place)").names().isEmpty)
        }
    }

    @Test("a tree that veritysetup made is verified")
    func foreign() throws {
        try tree.put("a", String(repeating: "text", count: 100_000))
        let layer = try #require(try encodeSquashfs(tree, into: blobs))
        let image = scratch.path("image")
        try shell("cp \(scratch.blob(layer)) \(image)")
        let root = try shell(
            "veritysetup format \(image) \(image) --hash-offset=\(layer.descriptor.size) | sed -n 's/^Root hash:[ \\t]*//p'"
        )
        let file = try OpenFile(FilePath(image), O_RDONLY)
        try verifyVerity(file, dataSize: layer.descriptor.size, rootHash: String(root.dropLast()))
    }

    @Test("an annotation without a tree is refused")
    func noTree() throws {
        try tree.put("a")
        var layer = try #require(try encodeSquashfs(tree, into: blobs))
        layer.descriptor.annotations = [VerityAnnotation.name: String(repeating: "0", count: 64)]
        let refused = layer
        let said = failure { try unpack(refused, from: blobs, into: scratch.sub("out")) }
        #expect(said?.contains("couldn't verify its dm-verity tree") == true)
    }
}
