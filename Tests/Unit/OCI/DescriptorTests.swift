import OCI
import Testing

@Suite("Descriptors")
struct DescriptorTests {
    private func descriptor(_ text: String, _ mediaType: MediaType = .tar, size: Int64 = 1) -> Descriptor {
        Descriptor(mediaType: mediaType, digest: Digest(of: text.utf8), size: size)
    }

    @Test("a blob that comes several times, whatever it is called, is taken once, where it comes first")
    func eachOnce() {
        let blobs = [
            descriptor("b"), descriptor("a"), descriptor("b", .tarGzip), descriptor("c"), descriptor("a", size: 2),
        ]
        #expect(blobs.eachOnce() == [blobs[0], blobs[1], blobs[3]])
        #expect(blobs.reversed().eachOnce() == [blobs[4], blobs[3], blobs[2]])
        #expect([Descriptor]().eachOnce().isEmpty)
    }

    @Test("a layer's diff ID is found by its blob; of a blob that comes twice, the first counts")
    func diffIDs() {
        var config = ImageConfig(platform: Platform(os: "linux", architecture: "amd64"))
        config.rootfs.diffIDs = ["x", "y", "z"].map { Digest(of: $0.utf8) }
        let manifest = ImageManifest(
            config: descriptor("config", .config),
            layers: [descriptor("a"), descriptor("b"), descriptor("a"), descriptor("without")])
        #expect(
            Image(manifest, config).diffIDs == [
                Digest(of: "a".utf8): Digest(of: "x".utf8), Digest(of: "b".utf8): Digest(of: "y".utf8),
            ])
        #expect(manifest.blobs.map(\.digest).first == Digest(of: "config".utf8))
        #expect(manifest.blobs.count == 5)
    }

    @Test("a UUID of a digest is of version 8, whatever the digest")
    func uuid() throws {
        let ones = try Digest("sha256:\(String(repeating: "f", count: 64))").uuid
        #expect(ones == [255, 255, 255, 255, 255, 255, 0x8f, 255, 0xbf] + [UInt8](repeating: 255, count: 7))
        let counting = try Digest("sha256:00112233445566778899aabbccddeeff\(String(repeating: "0", count: 32))").uuid
        #expect(counting == [0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x86, 0x77, 0x88] + counting.suffix(7))
        #expect(counting.suffix(7) == [0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff])
        let zeros = try Digest("sha256:\(String(repeating: "0", count: 64))").uuid
        #expect(zeros == [0, 0, 0, 0, 0, 0, 0x80, 0, 0x80] + [UInt8](repeating: 0, count: 7))
    }
}
