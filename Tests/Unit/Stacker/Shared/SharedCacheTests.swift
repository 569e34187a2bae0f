import Failure
import Layers
import OCI
import Testing

@testable import RecipeText
@testable import Recipes
@testable import Stacker

@Suite("A shared cache")
struct SharedCacheTests {
    private static let position = SourcePosition(file: "stacker.yaml", line: 1, column: 1)
    private static let layer = LayerDefinition(name: "it", position: position)

    private func key(
        _ fields: [(LayerInputs.Name, String?, String)], basis: Digest? = nil, base: Digest? = nil,
        types: [LayerType] = [.tar],
        _ layer: LayerDefinition = Self.layer
    ) -> Digest {
        var inputs = LayerInputs()
        for (name, part, content) in fields {
            inputs.add(name, part: part, Digest(of: content.utf8), basis: basis)
        }
        return SharedKey(layer, inputs, base: base, types: types).digest
    }

    @Test("keys differ with every input, however it is split into names and values")
    func keysDiffer() {
        let keys = [
            key([("a", "b", "1"), (.base, nil, "2")]),
            key([("a", "b", "2"), (.base, nil, "2")]),
            key([("a", "b", "1"), (.base, nil, "1")]),
            key([("ab", nil, "1"), (.base, nil, "2")]),
            key([("a", "b", "1")]),
            key([("a", "b", "1"), (.base, nil, "2")], types: [.tar, .squashfs]),
            key([("a", "b", "1"), (.base, nil, "2")], LayerDefinition(name: "at", position: Self.position)),
        ]
        #expect(Set(keys).count == keys.count)
    }

    @Test("a key has neither this machine's numbers of builds nor the order of types in it")
    func keysAgree() {
        let one = key([("a", "b", "1"), (.base, nil, "2")], base: Digest(of: [3]), types: [.tar, .erofs])
        let other = key(
            [("a", "b", "1"), (.base, nil, "4")], basis: Digest(of: [1]), base: Digest(of: [3]),
            types: [.erofs, .tar])
        #expect(one == other)
    }

    @Test(
        "an entry whose overlay dirs would lead elsewhere is refused",
        arguments: [
            ("..", ""), ("/etc", ""), ("a/b", ""), ("", ""), ("a", "/etc"), ("a", "../b"), ("a", "b/../../c"),
        ])
    func hostileNames(name: String, destination: String) throws {
        var record = SharedRecord(layer: "it")
        record.overlayDirectories = [.init(copy: .init(name: "a", destination: "b/c"), place: 0)]
        #expect(try SharedRecord(JSON.encode(record)) == record)
        record.overlayDirectories.append(.init(copy: .init(name: name, destination: destination), place: 0))
        let bytes = try JSON.encode(record)
        #expect(throws: Failure.self) { try SharedRecord(bytes) }
    }

    @Test("what an import is taken from stands for its content, and is never taken for one")
    func sources() {
        func key(_ content: UInt8, sources: [String: Digest]) -> Digest {
            var inputs = LayerInputs()
            inputs.add(.importContent, part: "stacker://a/x", Digest(of: [content]))
            inputs.add(.importContent, part: "file", Digest(of: [0]))
            return SharedKey(Self.layer, inputs, base: nil, sources: sources, types: [.tar]).digest
        }
        let source = ["stacker://a/x": Digest(of: [1])]
        #expect(key(1, sources: source) == key(2, sources: source))
        #expect(key(1, sources: [:]) != key(2, sources: [:]))
        #expect(key(1, sources: source) != key(1, sources: [:]))
        #expect(key(1, sources: source) != key(1, sources: ["stacker://a/x": Digest(of: [2])]))
        #expect(key(1, sources: source) != key(1, sources: source.merging(["file": Digest(of: [0])]) { $1 }))
    }
    @Test(
        "build_only layers that may have written the same differ by what they stand on, and what they say of themselves"
    )
    func frame() {
        func frame(base: UInt8 = 0, definition: String = "a", content: UInt8 = 0, sources: [String: Digest] = [:])
            -> Digest
        {
            var inputs = LayerInputs()
            inputs.add(.base, Digest(of: [9]))
            inputs.add(.definition, part: "environment", definition)
            inputs.add(.importContent, part: "stacker://a/x", Digest(of: [content]))
            return SharedKey(Self.layer, inputs, base: Digest(of: [base]), sources: sources, types: []).frame
        }
        #expect(frame(base: 1) != frame())
        #expect(frame(definition: "b") != frame())
        // What came of imported files is in the directories, however they are known.
        #expect(frame(content: 1) == frame())
        #expect(frame(sources: ["stacker://a/x": Digest(of: [1])]) == frame())
    }
}
