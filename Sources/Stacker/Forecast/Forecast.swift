import Recipes

/// Which layers of some recipes are here, which a shared cache has, and which must be built.
struct Forecast: Sendable {
    /// What a build would find of one layer.
    enum State: Sendable {
        /// It was built here, or taken, and still holds.
        case here
        /// A cache has it. It is taken as built of these inputs.
        case shared(SharedEntry, LayerInputs)
        /// It must be built; the words say why.
        case missing(String)
    }

    private let recipes: RecipeSet
    private let states: [String: State]
    private let writers: [String: [String]]

    /// - Parameter writers: for each layer the earlier ones whose scripts can write to what it is built of.
    init(_ recipes: RecipeSet, _ states: [String: State], filledBy writers: [String: [String]] = [:]) {
        (self.recipes, self.states, self.writers) = (recipes, states, writers)
    }

    /// What there is of a layer.
    subscript(_ layer: String) -> State? { states[layer] }

    /// What a build goes through that builds what is missing of some layers, and nothing else: these, but for those that a
    /// cache has; and of all others what it takes to build them.
    func needed(for asked: Set<String>) -> Set<String> {
        let layers = recipes.layers
        var needed: Set<String> = []
        // What a layer needs stands before it.
        for layer in layers.reversed() {
            let name = layer.definition.name
            switch states[name] {
            case .missing, nil:
                guard asked.contains(name) || needed.contains(name) else { continue }
                needed.insert(name)
                needed.formUnion(layer.definition.dependencies.map(\.layer))
                // What fills a directory of this machine that the layer reads.
                needed.formUnion((writers[name] ?? []).filter { if case .missing = states[$0] { true } else { false } })
                continue
            case .here:
                if asked.contains(name) { needed.insert(name) }
            case .shared: break
            }
            // The directories of a build_only layer lie over those of its base, and move with them; an image has all of it.
            guard needed.contains(name), layer.definition.isBuildOnly, let below = layer.base.recipeLayer else {
                continue
            }
            needed.insert(below)
        }
        return needed
    }
}
