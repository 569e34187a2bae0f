import FileTree
import Fixtures
import Glibc
import SystemPackage
import Testing

@testable import Recipes
@testable import Stacker

@Suite("The graph of layers")
struct LayerGraphTests {
    /// A layer that needs nothing.
    private func layer(_ name: String, _ lines: String...) -> String {
        (["\(name):", "  from: {type: scratch}"] + lines.map { "  \($0)" }).joined(separator: "\n") + "\n"
    }

    private func graph(_ text: String, own: [FilePath] = ["/own"]) throws -> LayerGraph {
        LayerGraph(try recipeSet(["stacker.yaml": text]), own: own)
    }

    @Test("a layer needs its base, what it imports from, and the layer of its archive")
    func needs() throws {
        let graph = try graph(
            layer("a") + "b:\n  from: {type: built, tag: a}\n" + layer("c", "imports: [stacker://b/x]")
                + "d:\n  from: {type: tar, url: \"stacker://c/x.tar\"}\n" + layer("e"))
        #expect(graph.needs == [[], [0], [1], [2], []])
        #expect(graph.follows == [[], [], [], [], []])
        #expect(graph.ranks == [0, 1, 2, 3, 0])
    }

    @Test("all layers of a file need all layers of its prerequisites")
    func prerequisites() throws {
        let recipes = try recipeSet([
            "stacker.yaml": "config: {prerequisites: [other.yaml]}\n" + layer("c") + layer("d"),
            "other.yaml": layer("a") + layer("b"),
        ])
        #expect(LayerGraph(recipes, own: []).needs == [[], [], [0, 1], [0, 1]])
    }

    @Test(
        "a bind keeps its layer in order with all that touches what is at, under or above it",
        arguments: [
            ("imports: [/data/x]", true), ("imports: [/data/x/y]", true), ("imports: [/data]", true),
            ("imports: [/data/xy]", false), ("overlay_dirs: [{source: /data/x, dest: /}]", true),
            ("binds: [/data/x/z -> /z]", true), ("binds: [/other -> /x]", false),
            ("binds: [\"volume:x -> /x\"]", false),
            ("imports: [\"oci:/data/x/layout:tag//file\"]", true), ("imports: [http://localhost/data/x]", false),
        ])
    func binds(_ line: String, isOrdered: Bool) throws {
        let binder = layer("a", "binds: [/data/x -> /x]")
        let other = layer("b", line)
        #expect(try graph(binder + other).follows == [[], isOrdered ? [0] : []])
        // Nor may what is read be changed before it is.
        #expect(try graph(other + binder).follows == [[], isOrdered ? [0] : []])
    }

    @Test("so it is with archives and layouts that are bases")
    func bases() throws {
        let binder = layer("a", "binds: [/data -> /x]")
        for from in ["{type: tar, url: /data/x.tar}", "{type: oci, url: \"/data/layout:tag\"}"] {
            #expect(try graph(binder + "b:\n  from: \(from)\n").follows == [[], [0]])
        }
    }

    @Test("what two layers only read sets no order")
    func reading() throws {
        let text = layer("a", "imports: [/data/x]") + layer("b", "imports: [/data/x]")
        #expect(try graph(text).follows == [[], []])
    }

    @Test("symlinks are followed, and are themselves what can be changed")
    func symlinks() throws {
        try withTemporaryDirectory { (root: FilePath) throws -> Void in
            try Directory.create(root.appending("real"))
            try Directory(at: root).makeSymlink("link", to: "real")
            let binder = layer("a", "binds: [\(root)/real -> /x]")
            #expect(try graph(binder + layer("b", "imports: [\(root)/link/new/file]")).follows == [[], [0]])
            let other = layer("a", "binds: [\(root)/link -> /x]")
            #expect(try graph(other + layer("b", "imports: [\(root)/real/file]")).follows == [[], [0]])
            let itself = layer("a", "binds: [\(root) -> /x]")
            #expect(try graph(itself + layer("b", "imports: [\(root)/link]")).follows == [[], [0]])
        }
    }

    @Test("nothing passes a layer that is serial, nor one that looks into stacker's own directories")
    func barriers() throws {
        for line in ["serial: true", "imports: [/own/index.json]", "binds: [/own -> /x]"] {
            let text = layer("a") + layer("b") + layer("c", line) + layer("d") + layer("e")
            let graph = try graph(text)
            #expect(graph.follows == [[], [], [0, 1], [2], [2]])
            #expect(graph.ranks == [0, 0, 1, 2, 2])
        }
        #expect(try graph(layer("a") + layer("b", "serial: false")).follows == [[], []])
    }
}
