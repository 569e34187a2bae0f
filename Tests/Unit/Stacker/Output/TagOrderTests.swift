import FileTree
import Fixtures
import Layers
import OCI
import RecipeText
import Recipes
import SystemPackage
import Testing

@testable import Stacker

@Suite("The order of tags")
struct TagOrderTests {
    private func layers(_ names: [String]) -> [LayerDefinition] {
        names.map { LayerDefinition(name: $0, position: SourcePosition(file: "it", line: 1, column: 1)) }
    }

    /// Tags layers in one order and ends them in another; gives the tags of the index after each step.
    private func tags(after steps: (TagOrder, LayoutWriter, Descriptor) throws -> Void) throws -> [String] {
        try withTemporaryDirectory { (root: FilePath) throws -> [String] in
            let writer = try LayoutWriter(openingOrCreating: root.appending("oci"))
            let config = Descriptor(mediaType: .config, digest: Digest(of: []), size: 0)
            let image = try writer.put(JSON.encode(ImageManifest(config: config, layers: [])), .manifest)
            try steps(TagOrder(of: layers(["a", "b", "c", "d"])), writer, image)
            return try writer.layout.index().manifests.compactMap(\.tag)
        }
    }

    @Test("a layer whose turn it is has its tags at once")
    func atOnce() throws {
        let tags = try tags { order, writer, image in
            try order.tag([.tar: image], of: "a", [.tar], by: writer)
        }
        #expect(tags == ["a"])
    }

    @Test("one that is finished early waits for those before it")
    func waiting() throws {
        let tags = try tags { order, writer, image in
            try order.tag([.tar: image], of: "c", [.tar], by: writer)
            try order.end("c") { writer }
            try order.tag([.tar: image], of: "a", [.tar], by: writer)
            try order.end("a") { writer }
        }
        #expect(tags == ["a"])
    }

    @Test("when those before it have ended, however, it is its turn")
    func turn() throws {
        let tags = try tags { order, writer, image in
            try order.tag([.tar: image], of: "d", [.tar], by: writer)
            try order.end("d") { writer }
            try order.tag([.tar: image], of: "c", [.tar], by: writer)
            try order.end("b") { writer }
            try order.tag([.tar: image], of: "a", [.tar], by: writer)
            try order.end("a") { writer }
            try order.end("c") { writer }
        }
        #expect(tags == ["a", "c", "d"])
    }
}
