import Failure
import FileTree
import Fixtures
import OCI
import SystemPackage
import Testing

@Suite("An OCI layout")
struct LayoutTests {
    @Test("is created in an absent or empty directory")
    func creates() throws {
        try withTemporaryDirectory { root in
            for _ in 1...2 {
                let index = try Layout(openingOrCreating: root.appending("new/oci")).index()
                #expect(index == ImageIndex())
            }
        }
    }

    @Test("a file, or a directory of something else, is refused by name", arguments: [true, false])
    func refuses(isFile: Bool) throws {
        try withTemporaryDirectory { root in
            let path = root.appending("oci")
            try (isFile ? path : path.appending("something")).write("else")
            let failure = #expect(throws: Failure.self) { try Layout(openingOrCreating: path) }
            #expect(failure?.description.contains(path.string) == true)
            #expect(failure?.advice != nil)
        }
    }

    @Test("one that need not be there is none if nothing is, and an error if something else is")
    func mayBeAbsent() throws {
        try withTemporaryDirectory { root in
            let path = root.appending("oci")
            #expect(try Layout(ifThereAt: path)?.path == nil)
            try Directory.create(path)
            #expect(try Layout(ifThereAt: path)?.path == nil)
            #expect(try Layout(openingOrCreating: path).path == Layout(ifThereAt: path)?.path)
            try root.appending("other/something").write("else")
            #expect(throws: Failure.self) { try Layout(ifThereAt: root.appending("other")) }
        }
    }

    @Test("an index that stays the same is not written again")
    func updates() throws {
        try withTemporaryDirectory { root in
            let writer = try LayoutWriter(openingOrCreating: root)
            func file() throws -> OpenFile { try OpenFile(root.appending("index.json"), 0) }
            let image = try writer.put(Array("{}".utf8), .manifest)
            try writer.updateIndex { $0.setEntry(tag: "a", to: image) }
            let written = try file()
            try writer.updateIndex { $0.setEntry(tag: "a", to: image) }
            #expect(try file().status().inode == written.status().inode)
            try writer.updateIndex { $0.setEntry(tag: "b", to: image) }
            #expect(try file().status().inode != written.status().inode)
            #expect(try writer.layout.index().tags == ["a", "b"])
        }
    }

    @Test("a blob whose content is not its digest's is never used")
    func verifies() throws {
        try withTemporaryDirectory { root in
            let writer = try LayoutWriter(openingOrCreating: root.appending("oci"))
            let layout = writer.layout
            let blob = try writer.put(Array("content".utf8), .config)
            try root.appending("oci/blobs/sha256").appending(blob.digest.hex).write("CONTENT")
            #expect(throws: Failure.self) { try layout.read(blob) }
            #expect(try layout.read(writer.put(Array("content".utf8), .config)) == Array("content".utf8))
            try root.appending("oci/blobs/sha256").appending(blob.digest.hex).write("CONTENT")
            let other = try LayoutWriter(openingOrCreating: root.appending("other"))
            #expect(throws: Failure.self) { try other.adopt(blob, from: layout) }
            #expect(try !other.layout.holds(blob))
        }
    }

    @Test("a retagged image keeps its place, a new one comes last, other tools' entries stay")
    func keepsOrder() throws {
        func descriptor(_ text: String) -> Descriptor {
            Descriptor(mediaType: .manifest, digest: Digest(of: text.utf8), size: 1)
        }
        var index = ImageIndex(manifests: [descriptor("untagged")])
        for tag in ["a", "b", "a", "c"] { index.setEntry(tag: tag, to: descriptor("\(tag)\(index.manifests.count)")) }
        #expect(index.tags == ["a", "b", "c"])
        #expect(index.manifests.first == descriptor("untagged"))
        #expect(index.entry(tag: "a")?.digest == descriptor("a3").digest)
    }

    @Test("an index of platforms is resolved by os and architecture, and says what it has instead")
    func resolvesPlatforms() throws {
        try withTemporaryDirectory { root in
            let writer = try LayoutWriter(openingOrCreating: root.appending("oci"))
            let layout = writer.layout
            let config = try writer.put(Array("{}".utf8), .config)
            var entries: [Descriptor] = []
            for architecture in ["amd64", "arm64"] {
                var entry = try writer.put(
                    JSON.encode(ImageManifest(config: config, layers: [], annotations: ["for": architecture])),
                    .manifest)
                entry.platform = Platform(os: "linux", architecture: architecture)
                entries.append(entry)
            }
            let index = try writer.put(JSON.encode(ImageIndex(manifests: entries)), .index)
            try writer.updateIndex { $0.setEntry(tag: "multi", to: index) }
            let arm = try layout.resolve("multi", for: Platform(os: "linux", architecture: "arm64"))
            #expect(arm.manifest.annotations?["for"] == "arm64")
            let failure = #expect(throws: Failure.self) {
                try layout.resolve("multi", for: Platform(os: "linux", architecture: "s390x"))
            }
            #expect(failure?.advice?.contains("linux/amd64, linux/arm64") == true)
        }
    }

    @Test(
        "a variant is taken by any of its names",
        arguments: [
            ("arm", "v7", "v7", true), ("arm", "v7", "v6", false), ("arm", "v7", "", true), ("arm64", "v8", "v8", true),
            ("arm64", nil, "v8", true), ("arm64", "v8", nil, true), ("amd64", "v1", "v2", false),
        ] as [(String, String?, String?, Bool)])
    func variants(architecture: String, ours: String?, theirs: String?, isTaken: Bool) {
        let platform = Platform(os: "linux", architecture: architecture, variant: ours)
        #expect(platform.takes(Platform(os: "linux", architecture: architecture, variant: theirs)) == isTaken)
        #expect(!platform.takes(Platform(os: "windows", architecture: architecture, variant: theirs)))
    }

    @Test("of several variants the one is taken that a platform means, and else the first")
    func choosesVariant() throws {
        func index(_ variants: [String?]) -> ImageIndex {
            ImageIndex(
                manifests: variants.enumerated().map { number, variant in
                    var entry = Descriptor(mediaType: .manifest, digest: Digest(of: [UInt8(number)]), size: 1)
                    entry.platform = Platform(os: "linux", architecture: "arm", variant: variant)
                    return entry
                })
        }
        func chosen(_ variants: [String?], for variant: String?) throws -> Int? {
            let index = index(variants)
            let entry = try index.require(Platform(os: "linux", architecture: "arm", variant: variant), in: "x")
            return index.manifests.firstIndex(of: entry)
        }
        #expect(try chosen(["v6", "v7"], for: nil) == 1)
        #expect(try chosen(["v6", "v8"], for: nil) == 0)
        #expect(try chosen(["v6", "v7", nil], for: nil) == 2)
        #expect(try chosen(["v6", "v7"], for: "v7") == 1)
        #expect(throws: Failure.self) { try chosen(["v6", "v8"], for: "v7") }
    }

    @Test("an entry that does not say its platform is looked into, and the only one is taken as it is")
    func silentEntries() throws {
        let entries = (0..<2).map { Descriptor(mediaType: .manifest, digest: Digest(of: [$0]), size: 1) }
        let (amd64, arm64) = (
            Platform(os: "linux", architecture: "amd64"), Platform(os: "linux", architecture: "arm64")
        )
        let platforms = { $0 == entries[0] ? [amd64] : [arm64] }
        let index = ImageIndex(manifests: entries)
        #expect(try index.require(amd64, in: "x", platforms: platforms) == entries[0])
        #expect(try index.require(arm64, in: "x", platforms: platforms) == entries[1])
        let other = Platform(os: "linux", architecture: "s390x")
        let failure = #expect(throws: Failure.self) { try index.require(other, in: "x", platforms: platforms) }
        #expect(failure?.advice == "it has linux/amd64, linux/arm64")
        #expect(throws: Failure.self) { try index.require(other, in: "x") }
        #expect(try ImageIndex(manifests: [entries[1]]).require(other, in: "x") == entries[1])
    }

    @Test("what an image needs is found from its digest, also behind blanks, and what is known is believed")
    func reaches() throws {
        try withTemporaryDirectory { root in
            let writer = try LayoutWriter(openingOrCreating: root.appending("oci"))
            let config = try writer.put(Array("{}".utf8), .config)
            let layer = try writer.put(Array("layer".utf8), .tar)
            let manifest = try JSON.encode(ImageManifest(config: config, layers: [layer]))
            for blank in ["", " ", "\t", "\n", "\r", "\r\n \t"] {
                let image = try writer.put(Array(blank.utf8) + manifest, .manifest)
                let all: Set = [image.digest, config.digest, layer.digest]
                #expect(try writer.layout.reach(from: [image]) == all)
                let known = [image.digest: [config.digest]]
                #expect(try writer.layout.reach(from: [image], knowing: known) == [image.digest, config.digest])
            }
        }
    }
}
