import RecipeText
import Recipes

/// A recipe that a build would take, with the places of all that rules look at.
struct LintedRecipe {
    /// A layer.
    struct Layer {
        let definition: LayerDefinition
        /// What it stands on; `nil` where the placeholders of the recipe leave that open.
        let base: Base?
        /// Its keys and what they have, with places in the text after substitution.
        let values: [String: YAMLNode]
        /// The script of `run`.
        let script: ShellScript
        /// What the script makes.
        let made: PathTree
        /// All at which the layer has something of its own.
        let written: PathTree
        /// Packages that the script installs.
        let installed: Set<String>
        /// Where what `run` has begins.
        let scriptPlace: SourcePosition

        var name: String { definition.name }

        /// Where a line of the script stands; where nobody can tell, where the script begins.
        func place(ofLine line: Int) -> SourcePosition {
            let places = definition.run?.places ?? []
            return (places.indices.contains(line) ? places[line] : nil) ?? scriptPlace
        }
    }

    let recipe: Recipe
    let layers: [Layer]
    private let places: [String: Int]
    private let map: PositionMap

    /// - Parameter expansion: the text that the recipe was made of.
    init(_ recipe: Recipe, _ expansion: Substitutions.Expansion) throws {
        self.recipe = recipe
        map = expansion.map
        let name = recipe.source.name
        var nodes: [String: [String: YAMLNode]] = [:]
        if case .mapping(let pairs)? = try YAMLComposer.compose(expansion.text, file: name).root?.content {
            for pair in pairs {
                guard case .mapping(let keys) = pair.value.content else { continue }
                nodes[pair.key.value] = Dictionary(keys.map { ($0.key.value, $0.value) }) { first, _ in first }
            }
        }
        let map = map
        layers = recipe.layers.map { layer in
            let values = nodes[layer.name] ?? [:]
            let run = values[LayerKey.run.rawValue]?.position
            let script = ShellScript(layer.run?.text ?? "")
            return Layer(
                definition: layer, base: try? layer.base(relativeTo: recipe.source.workingDirectory), values: values,
                script: script, made: PathTree(script.writes), written: PathTree(layer.written(by: script)),
                installed: script.installed,
                scriptPlace: run.map { map.origin(line: $0.line, column: $0.column, file: name) }
                    ?? layer.position(of: .run))
        }
        places = Dictionary(layers.enumerated().map { ($1.name, $0) }) { first, _ in first }
    }

    /// The layer of a name.
    subscript(name: String) -> Layer? { places[name].map { layers[$0] } }

    /// Where the user wrote what stands at a place of the text after substitution.
    func origin(of node: YAMLNode) -> SourcePosition {
        map.origin(line: node.position.line, column: node.position.column, file: recipe.source.name)
    }
}
