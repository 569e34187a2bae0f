import Testing

@testable import Recipes

@Suite("Recipe: build order")
struct RecipeOrderTests {
    private func order(_ text: String) throws -> [String] {
        try recipeSet(["stacker.yaml": text]).layers.map(\.definition.name)
    }

    private static let scratch = "{from: {type: scratch}}\n"

    private func built(_ name: String, on base: String) -> String {
        "\(name): {from: {type: built, tag: \(base)}}\n"
    }

    // MARK: - Layers

    @Test("layers without dependencies stay in file order")
    func fileOrder() throws {
        #expect(try order("c: \(Self.scratch)a: \(Self.scratch)b: \(Self.scratch)") == ["c", "a", "b"])
    }

    @Test("a layer comes after its base; the others keep their place")
    func baseFirst() throws {
        #expect(try order(built("b", on: "a") + "a: \(Self.scratch)c: \(Self.scratch)") == ["a", "c", "b"])
        #expect(try order("a: \(Self.scratch)" + built("b", on: "a") + built("c", on: "b")) == ["a", "b", "c"])
        #expect(try order(built("c", on: "b") + built("b", on: "a") + "a: \(Self.scratch)") == ["a", "b", "c"])
    }

    @Test("imports and tar bases of other layers are dependencies too")
    func imports() throws {
        #expect(try order("b: {from: {type: scratch}, imports: stacker://a/x}\na: \(Self.scratch)") == ["a", "b"])
        #expect(try order("b: {from: {type: scratch}, import: [stacker://a/x]}\na: \(Self.scratch)") == ["a", "b"])
        #expect(try order("b: {from: {type: tar, url: stacker://a/x}}\na: \(Self.scratch)") == ["a", "b"])
    }

    @Test("a chain as long as a file can hold is put in order without recursion and in linear time")
    func longChain() throws {
        let count = 5000
        let text = (1..<count).reversed().map { built("l\($0)", on: "l\($0 - 1)") }.joined() + "l0: \(Self.scratch)"
        let order = try order(text)
        #expect(order.first == "l0")
        #expect(order.last == "l\(count - 1)")
    }

    @Test("a cycle of layers is named in full")
    func cycles() {
        let error = message {
            try order("x: \(Self.scratch)" + built("a", on: "b") + built("b", on: "c") + built("c", on: "a"))
        }
        #expect(
            error == "error: couldn't resolve some dependencies: stacker.yaml:2:1: cycle of layers: a -> b -> c -> a")
        #expect(message { try order(built("a", on: "a")) }.hasSuffix("cycle of layers: a -> a"))
        let inner = message { try order(built("a", on: "b") + built("b", on: "c") + built("c", on: "b")) }
        #expect(inner.hasSuffix("stacker.yaml:2:1: cycle of layers: b -> c -> b"))
    }

    @Test("missing dependencies are listed all at once, before a base that is not complete")
    func missing() {
        let error = message {
            try order(
                """
                T: {from: {type: scratch}, imports: [stacker://aaaaa/b, x, stacker://ccccc/d]}
                U: {from: {type: built, tag: XXXXX}}
                V: {from: {type: built, tag: YYYYY}, imports: stacker://zzzzz/x}
                W: {from: {type: docker}}
                """)
        }
        #expect(
            error == "error: couldn't resolve some dependencies: "
                + "stacker.yaml:1:1: couldn't find dependencies for T: stacker://aaaaa/b, stacker://ccccc/d; "
                + "stacker.yaml:2:1: couldn't find dependencies for U: base layer XXXXX; "
                + "stacker.yaml:3:1: couldn't find dependencies for V: stacker://zzzzz/x, base layer YYYYY")
        #expect(
            message { try order("base: \(Self.scratch)" + built("b", on: "bsae")) }
                .hasSuffix("couldn't find dependencies for b: base layer bsae (is base meant?)"))
        #expect(message { try order("W: {from: {type: docker}}") }.contains("from of layer W has no url"))
    }

    // MARK: - Files

    private func file(_ layer: String, requires: String = "") -> String {
        "config: {prerequisites: [\(requires)]}\n\(layer): \(Self.scratch)"
    }

    @Test("files come after what they require, those of equal rank by path")
    func files() throws {
        let set = try recipeSet([
            "stacker.yaml": file("top", requires: "z/stacker.yaml, b.yaml, a.yaml"),
            "z/stacker.yaml": file("z", requires: "../b.yaml, sub/c.yaml"),
            "b.yaml": file("b"),
            "a.yaml": file("a", requires: "/srv/project/b.yaml"),
            "z/sub/c.yaml": file("c"),
        ])
        #expect(
            set.files.map(\.recipe.source.location.description) == [
                "/srv/project/b.yaml", "/srv/project/z/sub/c.yaml", "/srv/project/a.yaml",
                "/srv/project/z/stacker.yaml", "/srv/project/stacker.yaml",
            ])
        #expect(set.files[3].requires.map(\.description) == ["/srv/project/b.yaml", "/srv/project/z/sub/c.yaml"])
        #expect(set.layers.map(\.definition.name) == ["b", "c", "a", "z", "top"])
        #expect(set.files[1].recipe.source.name == "z/sub/c.yaml")
    }

    @Test("a file that only has prerequisites is a stacker file")
    func onlyPrerequisites() throws {
        let set = try recipeSet(["stacker.yaml": "config: {prerequisites: [a.yaml]}", "a.yaml": file("a")])
        #expect(set.layers.map(\.definition.name) == ["a"])
    }

    @Test("a layer may build on those of all required files, near and far, and on no others")
    func knownLayers() throws {
        func top(_ base: String) -> KeyValuePairs<String, String> {
            [
                "stacker.yaml": "config: {prerequisites: [a.yaml]}\n" + built("top", on: base),
                "a.yaml": file("a", requires: "b.yaml"),
                "b.yaml": file("b"),
                "other.yaml": file("other"),
            ]
        }
        #expect(try recipeSet(top("a")).layers.map(\.definition.name) == ["b", "a", "top"])
        #expect(try recipeSet(top("b")).layers.map(\.definition.name) == ["b", "a", "top"])
        let error = message { try recipeSet(top("other"), asking: ["stacker.yaml", "other.yaml"]) }
        #expect(error.contains("couldn't find dependencies for top: base layer other"))
    }

    @Test("a cycle of files is named in full, and duplicate names come before it")
    func fileCycles() {
        let cycle: KeyValuePairs = [
            "a.yaml": file("a", requires: "sub/b.yaml"), "sub/b.yaml": file("b", requires: "../a.yaml"),
        ]
        #expect(message { try recipeSet(cycle) } == "error: cycle of prerequisites: a.yaml -> sub/b.yaml -> a.yaml")
        let duplicate: KeyValuePairs = [
            "a.yaml": file("a", requires: "sub/b.yaml"), "sub/b.yaml": file("a", requires: "../a.yaml"),
        ]
        #expect(
            message { try recipeSet(duplicate) }
                == "error: sub/b.yaml:2:1: duplicate layer name: a: the first is at a.yaml:2:1")
        #expect(message { try recipeSet(["a.yaml": file("a", requires: "a.yaml")]) }.hasSuffix("a.yaml -> a.yaml"))
    }

    @Test("a file that cannot be read is named with the place that asks for it")
    func unreadable() {
        #expect(
            message { try recipeSet(["a.yaml": file("a", requires: "b.yaml")]) }
                == "error: a.yaml:1:26: couldn't read prerequisite b.yaml: No such file or directory")
        #expect(
            message { try recipeSet([:], asking: ["x.yaml"]) }.hasPrefix(
                "error: couldn't read x.yaml: No such file or directory\nhelp: name a stacker file with -f"))
    }

    @Test("a warning about the language is given once for all files")
    func warnings() throws {
        let set = try recipeSet([
            "a.yaml": "config: {prerequisites: [b.yaml]}\na: {from: {type: scratch}, import: x}",
            "b.yaml": "b: {from: {type: scratch}, import: x, imports: , bom: x}\nc: {from: {type: scratch}, bom: y}",
        ])
        #expect(set.warnings.map(\.position.description) == ["b.yaml:1:28", "b.yaml:1:50"])
    }

    @Test("--require-hash lists every import over http without a hash, in all files")
    func requireHash() throws {
        let hash = String(repeating: "0", count: 64)
        func set(_ imports: String) throws -> RecipeSet {
            try recipeSet([
                "a.yaml": "config: {prerequisites: [b.yaml]}\na: {from: {type: scratch}, imports: [x, 'http://h/a']}",
                "b.yaml": "b: {from: {type: scratch}, imports: [\(imports)]}",
            ])
        }
        let error = message { try set("{path: 'https://h/b', hash: \(hash)}, 'https://h/c'").requireHashes() }
        #expect(
            error.contains("--require-hash: imports without a hash: b.yaml:1:133: https://h/c, a.yaml:2:41: http://h/a")
        )
        #expect(
            message { try recipeSet(["b": "b: {from: {type: scratch}, imports: [x]}"]).requireHashes() }
                == "no error")
    }
}
