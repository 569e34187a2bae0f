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
}
