import Recipes

/// Who uses the directories of build_only layers. Where the first image that stands on one is finished, they become layers
/// and move: until then nobody else may look into them while that image is built.
struct BuildOnlyUse {
    /// For each layer, the build_only layers in whose directories it looks.
    private let uses: [Set<String>]
    /// For each image, the build_only layers below it, which become its layers.
    private let moves: [Set<String>]
    private let isSettled: (String) -> Bool
    /// What images that are being built will move.
    private var moving: [Int: Set<String>] = [:]

    /// - Parameter isSettled: whether a build_only layer's directories have moved already.
    init(_ recipes: RecipeSet, isSettled: @escaping (String) -> Bool) {
        let layers = recipes.layers
        /// The unbroken chain of build_only layers from this one down.
        var chains: [String: Set<String>] = [:]
        var (uses, moves): ([Set<String>], [Set<String>]) = ([], [])
        for layer in layers {
            let below = layer.base.builtLayer.flatMap { chains[$0] } ?? []
            if layer.definition.isBuildOnly { chains[layer.definition.name] = below.union([layer.definition.name]) }
            uses.append(layer.definition.dependencies.reduce(into: below) { $0.formUnion(chains[$1.layer] ?? []) })
            moves.append(layer.definition.isBuildOnly ? [] : below)
        }
        (self.uses, self.moves, self.isSettled) = (uses, moves, isSettled)
    }

    /// Takes note that a layer is begun, if it may be.
    ///
    /// - Parameter running: the layers that are being built.
    mutating func begin(_ layer: Int, beside running: [Int]) -> Bool {
        let mine = moves[layer].filter { !isSettled($0) }
        for other in running {
            if !mine.isDisjoint(with: uses[other]) { return false }
            if let others = moving[other], !others.isDisjoint(with: uses[layer]) { return false }
        }
        moving[layer] = mine
        return true
    }

    /// Takes note that a layer has come to an end.
    mutating func end(_ layer: Int) { moving[layer] = nil }
}

extension Base {
    fileprivate var builtLayer: String? {
        if case .built(let layer) = self { layer } else { nil }
    }
}
