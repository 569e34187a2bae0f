import Failure
import Layers
import OCI
import Testing

@testable import Roots

/// Storages that are there were written so, by us and, but for some members, by the original.
@Suite("The metadata of a layer's storage")
struct OverlayMetadataTests {
    @Test("manifests and configs stand apart in the file, under the original's names")
    func bytes() throws {
        let (one, two) = (Digest(of: [1]), Digest(of: [2]))
        let layer = Descriptor(mediaType: .tarGzip, digest: one, size: 5)
        var image = Image(empty: Platform(os: "linux", architecture: "amd64"))
        image.manifest.layers = [layer]
        image.config.rootfs.diffIDs = [two]
        var metadata = OverlayMetadata(image, [.tar])
        let empty = """
            {"BuiltLayers":[],"Configs":{"tar":\(try text(image.config))},"HasBuiltOCIOutput":false,\
            "Manifests":{"tar":\(try text(image.manifest))},"OverlayDirLayers":{},"OverlayDirs":[]}
            """
        #expect(try text(metadata) == empty)
        #expect(try JSON.decode(OverlayMetadata.self, from: Array(empty.utf8)) == metadata)

        metadata.builtLayers = ["a"]
        metadata.buildOnlyLayers = 1
        metadata.writtenAs = [one.hex: "record"]
        metadata.baseLayout = "/layout"
        metadata.hasBuiltOCIOutput = true
        metadata.overlayDirLayers = [.tar: [layer]]
        metadata.overlayDirectories = [OverlayDirectoryCopy(name: "d", destination: "srv")]
        let full = """
            {"BaseLayout":"/layout","BuildOnlyLayers":1,"BuiltLayers":["a"],\
            "Configs":{"tar":\(try text(image.config))},"HasBuiltOCIOutput":true,\
            "Manifests":{"tar":\(try text(image.manifest))},"OverlayDirLayers":{"tar":[\(try text(layer))]},\
            "OverlayDirs":[{"destination":"srv","name":"d"}],"WrittenAs":{"\(one.hex)":"record"}}
            """
        #expect(try text(metadata) == full)
        #expect(try JSON.decode(OverlayMetadata.self, from: Array(full.utf8)) == metadata)
    }

    @Test("an image of which half is missing is damage, and not no image", arguments: ["Manifests", "Configs"])
    func half(member: String) throws {
        let whole = try text(
            OverlayMetadata(Image(empty: Platform(os: "linux", architecture: "amd64")), [.tar, .erofs]))
        var members = try JSON.decode([String: JSONValue].self, from: Array(whole.utf8))
        guard case .object(var images)? = members[member] else { throw Failure("there are no \(member)") }
        images["erofs"] = nil
        members[member] = .object(images)
        let bytes = try JSON.encode(members)
        let failure = #expect(throws: (any Error).self) { try JSON.decode(OverlayMetadata.self, from: bytes) }
        #expect("\(try #require(failure))".contains("of the erofs image there is only the"))
    }

    private func text(_ value: some Encodable) throws -> String {
        String(decoding: try JSON.encode(value), as: UTF8.self)
    }
}
