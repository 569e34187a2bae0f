import Failure
import OCI
import RecipeText
import Recipes
import SystemPackage

/// Where a layer of an image comes from, as far as the image says.
struct LayerOrigin: Sendable {
    /// What the image's history says; `nil` if it doesn't tell of the layer.
    var createdBy: String?
    /// Which layer of a recipe it is.
    var recipe: RecipeLayer?

    /// A layer as its recipe has it, which the image carries in an annotation.
    struct RecipeLayer: Sendable {
        let tag: String
        let isBuildOnly: Bool
        /// The line of the recipe on which it begins, from 1.
        let line: Int
        let text: String
    }

    /// Those of all layers of an image, bottom first.
    static func origins(of image: NamedImage) -> [LayerOrigin] {
        let recipe = recipe(in: image.manifest.annotations ?? [:])
        let steps = (image.config.history ?? []).filter { $0.emptyLayer != true }
        // A history that tells of another number of layers tells nothing of which is which.
        let isComplete = steps.count == image.layers.count
        return image.layers.indices.map { number in
            guard isComplete, let words = steps[number].createdBy else { return LayerOrigin() }
            return LayerOrigin(createdBy: words, recipe: tag(in: words).flatMap { recipe[$0] })
        }
    }

    /// How ``ImageOutput`` says it.
    private static let beginnings = ["stacker build of ", "stacker overlay dir for "]

    private static func tag(in words: String) -> String? {
        beginnings.first(where: words.hasPrefix).map { String(words.dropFirst($0.count)) }
    }

    /// The layers of the recipe that made the image, by their tags. It may be anybody's, and any text.
    private static func recipe(in annotations: [String: String]) -> [String: RecipeLayer] {
        let text = annotations.first { $0.key.hasSuffix(".stacker.stacker_yaml") }?.value
        let source = RecipeSource("stacker.yaml", workingDirectory: "/")
        guard let text, let recipe = try? Recipe(Array(text.utf8), source: source) else { return [:] }
        let lines = recipe.text.split(separator: "\n", omittingEmptySubsequences: false)
        let begins = Set(recipe.layers.map { $0.position.line - 1 }).filter(lines.indices.contains).sorted()
        // One text for all layers of a line, of which there may be as many as it has room for.
        var texts: [Int: String] = [:]
        for (begin, end) in zip(begins, begins.dropFirst() + [lines.count]) {
            var own = lines[begin..<end]
            while own.last?.allSatisfy(\.isWhitespace) == true { own.removeLast() }
            texts[begin] = own.joined(separator: "\n")
        }
        var layers: [String: RecipeLayer] = [:]
        for layer in recipe.layers {
            let line = layer.position.line
            guard let text = texts[line - 1] else { continue }
            layers[layer.tag] = RecipeLayer(tag: layer.tag, isBuildOnly: layer.isBuildOnly, line: line, text: text)
        }
        return layers
    }
}

extension [LayerOrigin] {
    /// Whether stacker made the image, of a recipe that it carries.
    var areOurs: Bool { contains { $0.recipe != nil } }

    /// Whether a layer came with the base of an image that stacker made.
    func isOfBase(_ layer: Int) -> Bool { self[layer].recipe == nil && areOurs }

    /// Whether two layers would be one if build_only layers were collapsed: all from the lower one up to the higher one are
    /// build_only, but the higher one need not be.
    func wouldCollapse(_ lower: Int, _ higher: Int) -> Bool {
        guard lower < higher, self[higher].recipe != nil else { return false }
        return self[lower..<higher].allSatisfy { $0.recipe?.isBuildOnly == true }
    }
}
