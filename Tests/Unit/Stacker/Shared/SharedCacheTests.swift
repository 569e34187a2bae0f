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
        let key = Digest(of: [1])
        var record = SharedRecord(key: key, layer: "it")
        record.overlayDirectories = [.init(copy: .init(name: "a", destination: "b/c"), place: 0)]
        #expect(try SharedRecord(JSON.encode(record), key: key) == record)
        record.overlayDirectories.append(.init(copy: .init(name: name, destination: destination), place: 0))
        let bytes = try JSON.encode(record)
        #expect(throws: Failure.self) { try SharedRecord(bytes, key: key) }
    }

    @Test("the entry of another key is refused")
    func otherKey() throws {
        let bytes = try JSON.encode(SharedRecord(key: Digest(of: [1]), layer: "it"))
        #expect(throws: Failure.self) { try SharedRecord(bytes, key: Digest(of: [2])) }
    }
}
