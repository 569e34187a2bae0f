import Failure
import OCI
import OrderedCollections
import RecipeText

/// Puts a layer for each platform in the place of the layers that are wanted for several.
///
/// A recipe is read once for each platform, since its variables tell of it. What a layer needs is wanted for the layer's
/// platform, too, unless it says itself for which it is.
struct PlatformExpansion {
    /// The platforms of the command line, each once; if there are any, nothing is built for others.
    private let asked: [Platform]
    private let load: (Platform) throws -> [Recipe]
    private var variants: [Platform: Variant] = [:]
    /// The platforms that were met, in this order.
    private var met: [Platform] = []
    /// What is wanted, in the order in which it was found out, and what the layers that it needs are called.
    private var wanted: OrderedDictionary<Wanted, [String: String]> = [:]
    private var leftOut: [Diagnostic] = []

    /// A layer, and what for.
    private struct Wanted: Hashable {
        let tag: String
        /// `nil` where nobody asks for one.
        var platform: Platform?
        /// The platform of the images that need it.
        var target: Platform?
    }

    /// The files as they are for one platform.
    private struct Variant {
        let recipes: [Recipe]
        let layers: [String: (definition: LayerDefinition, settings: Recipe.Settings)]

        init(_ recipes: [Recipe]) {
            self.recipes = recipes
            layers = recipes.reduce(into: [:]) { layers, recipe in
                for layer in recipe.layers { layers[layer.tag] = (layer, recipe.settings) }
            }
        }

        /// Whether anything is said of platforms.
        var usesPlatforms: Bool {
            recipes.contains { recipe in
                recipe.settings.platforms != nil
                    || recipe.layers.contains { $0.platforms != nil || $0.buildPlatform != nil }
            }
        }
    }

    /// A file with a layer for each platform, and of which text each of them is.
    struct File {
        var recipe: Recipe
        var recipes: [String: Recipe]

        fileprivate init(_ recipe: Recipe) {
            self.recipe = recipe
            recipes = Dictionary(recipe.layers.map { ($0.name, recipe) }) { first, _ in first }
        }
    }

    /// - Parameters:
    ///   - asked: the platforms of the command line.
    ///   - load: reads the files, and theirs, for a platform. No layer's name stands twice in them.
    init(_ asked: [Platform], load: @escaping (Platform) throws -> [Recipe]) {
        (self.asked, self.load) = (asked, load)
    }

    /// The files with all layers that are to be built.
    ///
    /// - Returns: also what the user should know.
    mutating func run() throws -> (files: [File], warnings: [Diagnostic]) {
        let leading = try variant(leadingPlatform)
        guard !asked.isEmpty || leading.usesPlatforms else { return (leading.recipes.map(File.init), []) }
        for platform in asked { meet(platform) }
        for layer in leading.recipes.flatMap(\.layers) {
            guard let platforms = try list(layer, in: leading) else { continue }
            for platform in platforms { want(layer.tag, for: platform) }
            guard platforms.isEmpty else { continue }
            let message = "layer \(layer.tag) is not built: it is for none of the platforms that were asked for"
            leftOut.append(Diagnostic(position: layer.position(of: .platforms), message: message))
        }
        try follow()
        guard asked.isEmpty || !wanted.isEmpty else { throw Self.nothing(for: asked, in: leading.recipes) }
        // Where platforms were asked for, only what is for one of them is built, and what that needs.
        for layer in leading.recipes.flatMap(\.layers) where try asked.isEmpty && isOpen(layer, in: leading) {
            let platform: Platform? = layer.buildPlatform == nil ? nil : .machine
            want(Wanted(tag: layer.tag, platform: platform, target: platform))
            try follow()
        }
        return (try files(), leftOut)
    }

    // MARK: - What is wanted

    private var leadingPlatform: Platform { asked.first ?? .machine }

    private mutating func variant(_ platform: Platform) throws -> Variant {
        if let known = variants[platform] { return known }
        let variant = Variant(try load(platform))
        variants[platform] = variant
        return variant
    }

    private mutating func meet(_ platform: Platform) {
        if !met.contains(platform) { met.append(platform) }
    }

    /// The platforms for which a layer is to be built by what the recipe and the command line say of it; `nil` if they say
    /// nothing.
    private mutating func list(_ layer: LayerDefinition, in variant: Variant) throws -> [Platform]? {
        if layer.buildPlatform != nil { return nil }
        let ofFile = variant.layers[layer.tag]?.settings.platforms
        if let key = [LayerKey.os, .architecture].first(where: { layer.positions[$0] != nil }) {
            guard asked.isEmpty, ofFile == nil else {
                throw Failure(
                    "\(layer.position(of: key)): layer \(layer.tag) has \(key.rawValue), and "
                        + (asked.isEmpty ? "the file has platforms in config" : "--platform was given"),
                    help: "write platforms: [\(layer.platform)] in its place: its base must be for that, then")
            }
            return nil
        }
        let own = layer.platforms ?? ofFile?.value
        for platform in own ?? [] where asked.isEmpty { meet(platform) }
        guard !asked.isEmpty else { return own }
        guard let own else { return asked }
        return asked.filter(own.contains)
    }

    private mutating func want(_ tag: String, for platform: Platform) {
        want(Wanted(tag: tag, platform: platform, target: platform))
    }

    private mutating func want(_ layer: Wanted) {
        if wanted[layer] == nil { wanted[layer] = [:] }
    }

    /// Whether nothing has been said of a layer yet: it is built for this machine.
    private mutating func isOpen(_ layer: LayerDefinition, in variant: Variant) throws -> Bool {
        guard try list(layer, in: variant) == nil else { return false }
        return !wanted.keys.contains { $0.tag == layer.tag }
    }

    /// How far ``wanted`` was followed.
    private var followed = 0

    /// Wants what those need that are wanted.
    private mutating func follow() throws {
        while followed < wanted.count {
            let layer = wanted.keys[followed]
            let variant = try variant(layer.target ?? leadingPlatform)
            for dependency in try definition(layer, in: variant).dependencies {
                guard let other = variant.layers[dependency.layer]?.definition else { continue }
                let need = try need(of: layer, for: other, dependency, in: variant)
                want(need)
                let name = name(need)
                wanted[layer]?[other.tag] = name
            }
            followed += 1
        }
    }

    private mutating func need(
        of layer: Wanted, for other: LayerDefinition, _ dependency: LayerDependency, in variant: Variant
    ) throws -> Wanted {
        let own = try definition(layer, in: variant)
        try own.refuse(machinesBase: other, for: layer.platform ?? own.platform.normalized)
        if let platform = layer.platform { try own.refuse(base: other, for: platform) }
        switch other.buildPlatform {
        case .once: return Wanted(tag: other.tag, platform: .machine, target: .machine)
        case .each:
            return Wanted(tag: other.tag, platform: .machine, target: layer.target ?? own.platform.normalized)
        case nil: break
        }
        let platform = layer.platform ?? own.platform.normalized
        if let list = try list(other, in: variant) {
            guard list.contains(platform) else {
                let listed = list.isEmpty ? other.platforms ?? list : list
                throw Self.misfit(own, platform, dependency, other, listed)
            }
        } else if other.saysItsPlatform || layer.platform == nil {
            return Wanted(tag: other.tag)
        }
        return Wanted(tag: other.tag, platform: platform, target: platform)
    }

    private func definition(_ layer: Wanted, in variant: Variant) throws -> LayerDefinition {
        if let known = variant.layers[layer.tag] { return known.definition }
        let target = layer.target ?? leadingPlatform
        throw Failure(
            "there is no layer \(layer.tag) in the stacker files as they are for \(target)",
            help: "what layers are called can't depend on STACKER_PLATFORM, STACKER_OS, STACKER_ARCH or STACKER_VARIANT"
        )
    }

    // MARK: - What comes out

    private func name(_ layer: Wanted) -> String {
        layer.target.map { PlatformLayerName.name(layer.tag, for: $0) } ?? layer.tag
    }

    private mutating func files() throws -> [File] {
        for platform in wanted.keys.compactMap(\.target) { meet(platform) }
        var files: OrderedDictionary<RecipeSource.Location, File> = [:]
        var tags: OrderedDictionary<RecipeSource.Location, OrderedSet<String>> = [:]
        let platforms = [leadingPlatform] + met
        for recipe in try platforms.flatMap({ try variant($0).recipes }) {
            let location = recipe.source.location
            tags[location, default: []].formUnion(recipe.layers.map(\.tag))
            guard var file = files[location] else {
                var file = File(recipe)
                (file.recipe.layers, file.recipes) = ([], [:])
                files[location] = file
                continue
            }
            let known = Set(file.recipe.settings.prerequisites.map(\.source.location))
            file.recipe.settings.prerequisites += recipe.settings.prerequisites.filter {
                !known.contains($0.source.location)
            }
            file.recipe.variables.formUnion(recipe.variables)
            files[location] = file
        }
        let leading = try variant(leadingPlatform)
        for (location, tags) in tags {
            // What only the files of another platform have, and nobody needs, nobody would miss.
            for tag in tags where !wanted.keys.contains(where: { $0.tag == tag }) {
                _ = try definition(Wanted(tag: tag), in: leading)
            }
            for layer in try tags.flatMap({ try inOrder($0) }) {
                let variant = try variant(layer.target ?? leadingPlatform)
                guard let recipe = variant.recipes.first(where: { $0.source.location == location }),
                    let definition = recipe.layers.first(where: { $0.tag == layer.tag })
                else { continue }
                files[location]?.recipe.layers.append(expanded(definition, layer))
                files[location]?.recipes[name(layer)] = recipe
            }
        }
        return Array(files.values)
    }

    /// The layers of one name, in the order in which their platforms were asked for.
    private mutating func inOrder(_ tag: String) throws -> [Wanted] {
        var layers = wanted.keys.filter { $0.tag == tag }
        // Nobody asks, and somebody asks for this machine: that is one layer.
        if layers.count > 1, let place = layers.firstIndex(where: { $0.platform == nil }) {
            let open = layers.remove(at: place)
            let own = Wanted(tag: tag, platform: .machine, target: .machine)
            if !layers.contains(own) {
                layers.insert(own, at: 0)
                wanted[own] = wanted[open]
                meet(.machine)
            }
        }
        let leading = try variant(leadingPlatform)
        let own = try leading.layers[tag].map { try list($0.definition, in: leading) ?? [] } ?? []
        let order = own + met
        return layers.sorted {
            let places = ($0.target.flatMap(order.firstIndex) ?? -1, $1.target.flatMap(order.firstIndex) ?? -1)
            return places.0 < places.1
        }
    }

    private func expanded(_ definition: LayerDefinition, _ layer: Wanted) -> LayerDefinition {
        var definition = definition
        definition.name = name(layer)
        definition.namesOfOthers = wanted[layer] ?? [:]
        if let platform = layer.platform, let target = layer.target {
            definition.asked = AskedPlatform(platform: platform, target: target)
        }
        for place in definition.imports.indices {
            guard case .layer(let name, let path) = definition.imports[place].source else { continue }
            definition.imports[place].source = .layer(name: definition.name(of: name), path: path)
        }
        return definition
    }
}
