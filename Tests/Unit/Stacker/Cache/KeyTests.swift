import Layers
import OCI
import RecipeText
import Recipes
import Testing

@testable import Stacker

extension LayerInputs.Name: ExpressibleByStringLiteral {
    /// Takes a name as it is written.
    public init(stringLiteral text: String) { self.init(rawValue: text) }
}

/// Everybody's caches depend on these bytes, local ones and shared ones: what changes them empties the caches.
@Suite("The bytes of keys")
struct KeyTests {
    @Test("the names of inputs")
    func names() {
        let names: [LayerInputs.Name] = [
            .definition, .base, .epoch, .importContent, .overlayDirectoryContent, .verity, .annotationsNamespace,
            .collapse, .compression(of: .tar), .compression(of: .squashfs), .compression(of: .erofs),
        ]
        #expect(
            names.map(\.rawValue) == [
                "layer definition", "base layer", "SOURCE_DATE_EPOCH", "import content", "overlay_dir content",
                "verity",
                "annotations namespace", "collapse_build_only", "compression", "squashfs compression",
                "erofs compression",
            ])
    }

    @Test(
        "how a tar is compressed",
        arguments: [
            (Compression.gzip(), "gzip(level: 5)"), (.gzip(level: 9), "gzip(level: 9)"), (.zstd(), "zstd(level: 3)"),
            (.zstd(level: 19), "zstd(level: 19)"), (.none, "none"),
        ])
    func compression(compression: Compression, record: String) {
        #expect(compression.record == record)
        #expect(LayerFormat.tar(compression).record == "tar(Layers.Compression.\(record))")
    }

    @Test(
        "when a layer says something of the root directory",
        arguments: [
            (RootEntry.never, "never"), (.always, "always"),
            (.ifDifferent(), "ifDifferent(permissions: 493, uid: 0, gid: 0)"),
            (.ifDifferent(permissions: 0o700, uid: 1, gid: 2), "ifDifferent(permissions: 448, uid: 1, gid: 2)"),
        ])
    func root(entry: RootEntry, record: String) {
        #expect(entry.record == record)
    }

    @Test("an entry of build.cache")
    func entry() throws {
        let (one, two) = (Digest(of: [1]), Digest(of: [2]))
        var inputs = LayerInputs()
        inputs.add(.base, one)
        let image = Descriptor(mediaType: .manifest, digest: two, size: 3)
        var entry = BuildCache.Entry(inputs: inputs, manifests: [.squashfs: image])
        entry.identity = one
        entry.shared = two
        entry.metadata = one
        entry.blobs = [.squashfs: [BlobLength(digest: one, size: 4)]]
        let text = """
            {"blobs":{"squashfs":["\(one.hex) 4"]},"identity":"\(one)",\
            "inputs":{"inputs":["\(one.hex) - base layer"]},"metadata":"\(one)",\
            "outputs":{"squashfs":{"digest":"\(two)","mediaType":"application/vnd.oci.image.manifest.v1+json","size":3}},\
            "shared":"\(two)"}
            """
        #expect(String(decoding: try JSON.encode(entry), as: UTF8.self) == text)
        #expect(try JSON.decode(BuildCache.Entry.self, from: Array(text.utf8)) == entry)
    }

    @Test("an input in a file")
    func input() throws {
        var inputs = LayerInputs()
        inputs.add(.importContent, part: "a b", Digest(of: [1]), basis: Digest(of: [2]))
        inputs.add(.base, "content")
        let texts = [
            "4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459a "
                + "dbc1b4c900ffe48d575b5da5c638040125f65db0fe3e24494b76ea986457d986 import content: a b",
            "ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73 - base layer",
        ]
        #expect(
            String(decoding: try JSON.encode(inputs), as: UTF8.self)
                == "{\"inputs\":[\(texts.map { "\"\($0)\"" }.joined(separator: ","))]}")
    }

    @Test("the key of a layer in a shared cache")
    func sharedKey() {
        var inputs = LayerInputs()
        inputs.add(.base, Digest(of: [1]))
        inputs.add(.definition, part: "run", "true")
        let position = SourcePosition(file: "stacker.yaml", line: 1, column: 1)
        let key = SharedKey(
            LayerDefinition(name: "it", position: position), inputs, base: Digest(of: [2]), types: [.squashfs, .tar])
        let machine = Platform.hostArchitecture
        #expect(
            key.parts == [
                "key 2", "stacker \(Version.stacker)", "layer it", "platform linux \(machine)", "machine \(machine)",
                "types squashfs tar", "input base layer \(Digest(of: [2]).hex)",
                "input layer definition run \(Digest(of: "true".utf8).hex)",
            ])
        // Each field says how many parts it has, and each part ends with a NUL.
        let fields = [
            ["key", "2"], ["stacker", Version.stacker], ["layer", "it"], ["platform", "linux", machine],
            ["machine", machine], ["types", "squashfs", "tar"], ["input", "base layer", "", Digest(of: [2]).hex],
            ["input", "layer definition", "run", Digest(of: "true".utf8).hex],
        ]
        let text = fields.map { "\($0.count)\0" + $0.map { "\($0)\0" }.joined() }.joined()
        #expect(key.digest == Digest(of: text.utf8))
    }
}
