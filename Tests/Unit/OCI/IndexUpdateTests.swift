import FileTree
import Fixtures
import Testing

@testable import OCI

@Suite("An index that images are put into")
struct IndexUpdateTests {
    private func image(_ name: String, _ platform: Platform?) -> Descriptor {
        Descriptor(mediaType: .manifest, digest: Digest(of: Array(name.utf8)), size: 1, platform: platform)
    }

    private func platform(_ text: String, version: String? = nil) -> Platform {
        let parts = text.split(separator: "/").map(String.init)
        var platform = Platform(os: parts[0], architecture: parts[1], variant: parts.count > 2 ? parts[2] : nil)
        platform.others["os.version"] = version.map(JSONValue.string)
        return platform
    }

    @Test("one takes the place of that for the same platform; the others stay where they are; a new one comes last")
    func places() {
        var index = ImageIndex(manifests: [
            image("a", platform("linux/amd64")), image("b", platform("linux/arm64")), image("c", nil),
        ])
        let new = [image("d", platform("linux/arm64")), image("e", platform("linux/s390x"))]
        let change1 = index.update(with: new)
        #expect(change1)
        #expect(index.manifests.map(\.digest) == ["a", "d", "c", "e"].map { image($0, nil).digest })
        #expect(index.holds(new))
        let change2 = index.update(with: new)
        #expect(!change2)
    }

    @Test(
        "two names of one platform are one place",
        arguments: [
            ("linux/arm64", "linux/arm64/v8", true), ("linux/arm/v7", "linux/arm", true),
            ("linux/amd64/v1", "linux/amd64", true),
            ("linux/arm/v6", "linux/arm", false), ("linux/arm64", "linux/arm", false),
            ("linux/amd64", "freebsd/amd64", false),
            ("linux/amd64/v3", "linux/amd64", false),
        ])
    func names(_ first: String, _ second: String, isOne: Bool) {
        var index = ImageIndex(manifests: [image("a", platform(first))])
        let change3 = index.update(with: [image("b", platform(second))])
        #expect(change3)
        #expect(index.manifests.count == (isOne ? 1 : 2))
    }

    @Test("another version of a system is another platform")
    func versions() {
        var index = ImageIndex(manifests: [image("a", platform("windows/amd64", version: "1"))])
        let change4 = index.update(with: [image("b", platform("windows/amd64", version: "2"))])
        #expect(change4)
        #expect(index.manifests.count == 2)
        let change5 = index.update(with: [image("c", platform("windows/amd64", version: "1"))])
        #expect(change5)
        #expect(index.manifests.map(\.digest) == ["c", "b"].map { image($0, nil).digest })
    }

    @Test("what is there twice is there once afterwards")
    func twice() {
        var index = ImageIndex(manifests: [
            image("a", platform("linux/arm64")), image("b", platform("linux/amd64")),
            image("c", platform("linux/arm64/v8")),
        ])
        let change6 = index.update(with: [image("d", platform("linux/arm64"))])
        #expect(change6)
        #expect(index.manifests.map(\.digest) == ["d", "b"].map { image($0, nil).digest })
    }

    @Test("what is said of an image goes with it")
    func attestations() {
        func said(_ name: String, of image: Descriptor) -> Descriptor {
            var said = self.image(name, platform("unknown/unknown"))
            said.annotations = [
                "vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": "\(image.digest)",
            ]
            return said
        }
        let (one, two) = (image("a", platform("linux/amd64")), image("b", platform("linux/arm64")))
        let new = image("c", platform("linux/amd64"))
        var index = ImageIndex(manifests: [one, two, said("x", of: one), said("y", of: two)])
        let change7 = index.update(with: [new, said("z", of: new)])
        #expect(change7)
        #expect(index.manifests == [new, two, said("y", of: two), said("z", of: new)])
        let change8 = index.update(with: [new, said("z", of: new)])
        #expect(!change8)
        #expect(index.images == [new, two])
    }

    @Test("an entry whose digest is no sha256 stays between the same neighbours")
    func foreign() throws {
        let text = """
            {"manifests":[\(try json(image("a", platform("linux/arm64")))),\(try json(image("b", platform("linux/arm64")))),\
            {"digest":"sha512:00","size":1},\(try json(image("c", nil)))],"schemaVersion":2}
            """
        var index = try JSON.decode(ImageIndex.self, from: Array(text.utf8))
        let new = image("d", platform("linux/arm64"))
        let change9 = index.update(with: [new])
        #expect(change9)
        let expected = """
            {"manifests":[\(try json(new)),{"digest":"sha512:00","size":1},\(try json(image("c", nil)))],"schemaVersion":2}
            """
        #expect(try String(decoding: JSON.encode(index), as: UTF8.self) == expected)
    }

    private func json(_ descriptor: Descriptor) throws -> String {
        String(decoding: try JSON.encode(descriptor), as: UTF8.self)
    }

    @Test("all that an index leads to goes where it goes: what is named first, each once")
    func parts() throws {
        try withTemporaryDirectory { root in
            let writer = try LayoutWriter(openingOrCreating: root.appending("oci"))
            func put(_ architecture: String) throws -> Descriptor {
                let config = try writer.put(
                    JSON.encode(ImageConfig(platform: platform("linux/\(architecture)"))), .config)
                let layer = try writer.put(Array("layer".utf8), .tar)
                return try writer.put(JSON.encode(ImageManifest(config: config, layers: [layer])), .manifest)
            }
            let (one, two) = (try put("amd64"), try put("arm64"))
            let inner = try writer.put(JSON.encode(ImageIndex(manifests: [two, one])), .index)
            let outer = try writer.put(JSON.encode(ImageIndex(manifests: [one, inner])), .index)
            let parts = try ImageParts(of: outer, in: writer.layout)
            #expect(parts.members.map(\.digest) == [one, two, inner].map(\.digest))
            #expect(parts.blobs.count == 3)
            // A plain image.
            let plain = try ImageParts(of: one, in: writer.layout)
            #expect(plain.members.isEmpty && plain.blobs.count == 2)
            // The platform of an entry that does not say it is the config's.
            #expect(
                try writer.layout.entries(of: inner).map(\.platform) == [
                    platform("linux/arm64"), platform("linux/amd64"),
                ])
        }
    }

    @Test("an image whose config does not say its platform is no entry")
    func withoutPlatform() throws {
        #expect(throws: (any Error).self) {
            try image("a", nil).entry(for: ImageConfig(platform: Platform(os: "", architecture: "amd64")))
        }
        var config = ImageConfig(platform: platform("windows/amd64"))
        config.others["os.version"] = "10.0"
        #expect(try image("a", nil).entry(for: config).platform == platform("windows/amd64", version: "10.0"))
    }
}
