import Recipes
import SystemPackage

/// Which layers of a build have to come before which. Each is known by its number in the order of the recipe, which is one
/// that always works: what a layer has to come after has a lower number.
struct LayerGraph: Sendable, Equatable {
    /// What a layer can't be built without.
    private(set) var needs: [Set<Int>]
    /// What a layer comes after, however that ends: both touch the same, so that their order shows.
    private(set) var follows: [Set<Int>]

    /// A graph of layers that are known by nothing but these numbers.
    init(needs: [Set<Int>], follows: [Set<Int>]) {
        (self.needs, self.follows) = (needs, follows)
    }

    /// Finds out what a build's layers need of each other, and what they touch of this machine.
    ///
    /// - Parameter own: stacker's own directories. Whatever lies there is changed by every layer.
    init(_ recipes: RecipeSet, own: [FilePath]) {
        let layers = recipes.layers
        needs = Self.needs(recipes)
        follows = layers.map { _ in [] }
        let touched = layers.map { TouchedPaths(of: $0, own: own) }
        for later in layers.indices {
            for earlier in 0..<later where touched[earlier].keepsOrder(with: touched[later]) {
                follows[later].insert(earlier)
            }
        }
    }

    /// A layer needs its base, what it imports from, and, since a file knows nothing of what its prerequisites leave where,
    /// all layers of these.
    private static func needs(_ recipes: RecipeSet) -> [Set<Int>] {
        var numbers: [String: Int] = [:]
        var files: [RecipeSource.Location: Range<Int>] = [:]
        var needs: [Set<Int>] = []
        for file in recipes.files {
            files[file.recipe.source.location] = needs.count..<needs.count + file.layers.count
            let required = file.requires.compactMap { files[$0] }.reduce(into: Set<Int>()) { $0.formUnion($1) }
            for layer in file.layers {
                numbers[layer.definition.name] = needs.count
                needs.append(required.union(layer.definition.dependencies.compactMap { numbers[$0.layer] }))
            }
        }
        return needs
    }

    /// For each layer the earlier ones whose scripts can write to what it is built of.
    static func writers(in recipes: RecipeSet, own: [FilePath]) -> [String: [String]] {
        let layers = recipes.layers
        let writers = layers.filter(\.definition.bindsHost).map { ($0.definition.name, TouchedPaths(of: $0, own: own)) }
        guard !writers.isEmpty else { return [:] }
        var result: [String: [String]] = [:]
        for layer in layers {
            let name = layer.definition.name
            let touched = TouchedPaths(of: layer, own: own)
            result[name] = writers.prefix { $0.0 != name }.filter { $0.1.fills(touched) }.map(\.0)
        }
        return result
    }

    /// How many layers one after the other come before each at least.
    var ranks: [Int] {
        var ranks: [Int] = []
        for layer in needs.indices {
            ranks.append(needs[layer].union(follows[layer]).map { ranks[$0] + 1 }.max() ?? 0)
        }
        return ranks
    }
}
