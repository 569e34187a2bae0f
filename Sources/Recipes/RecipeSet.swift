import Failure
import FileTree
import OCI
import OrderedCollections
import RecipeText
import SystemPackage

/// The stacker files of one command with all their prerequisites, in the order in which they are built.
package struct RecipeSet: Sendable {
    /// The files: each after its prerequisites; those of equal rank by path.
    package private(set) var files: [File]
    /// What the user should know, in the order of ``files``; last, what is to be said of bases.
    package let warnings: [Diagnostic]
    private let substitutions: Substitutions

    /// One stacker file in its place.
    package struct File: Sendable {
        /// The file.
        package let recipe: Recipe
        /// Its layers, each after those that it needs, else in file order.
        package let layers: [Layer]

        /// The files that must be built before it, in file order.
        package var requires: [RecipeSource.Location] { recipe.settings.prerequisites.map(\.source.location) }
    }

    /// One layer in its place.
    package struct Layer: Sendable {
        /// The layer.
        package let definition: LayerDefinition
        /// The file that it is in, as it is for the layer's platform.
        package let recipe: Recipe
        /// What it is built on.
        package let base: Base
        /// Whether its file says that build_only layers are merged with the image on them; `nil` if it says nothing.
        package internal(set) var collapsesBuildOnly: Bool?
    }

    /// All layers, in build order.
    package var layers: [Layer] { files.flatMap(\.layers) }

    /// Reads stacker files and their prerequisites, and theirs.
    ///
    /// - Parameters:
    ///   - sources: the files that were asked for.
    ///   - substitutions: what stands for variables, in all files.
    ///   - platforms: what layers are built for, each once; none leaves it to the recipe.
    ///   - isReserved: whether no layer can have a name, since stacker gives it to things of its own.
    ///   - isThere: whether something is, or may come to be, at an absolute path of this machine.
    ///   - read: gives the content of a file or URL.
    /// - Throws: `Failure`. Of several errors that one wins which comes first here: YAML and substitution, layer names
    ///   that stand twice, cycles of files, layers that are missing or need each other, bases that are not complete.
    package init(
        _ sources: [RecipeSource], substitutions: Substitutions = Substitutions(), platforms: [Platform] = [],
        isReserved: @escaping (String) -> Bool, isThere: (FilePath) -> Bool,
        read: @escaping (RecipeSource) throws -> [UInt8]
    ) throws {
        self.substitutions = substitutions
        var texts: [RecipeSource.Location: [UInt8]] = [:]
        var expansion = PlatformExpansion(platforms) { platform in
            let substitutions = substitutions.saying(platform)
            let loaded = try Self.load(sources) { source in
                if let known = texts[source.location] { return known }
                let text = try read(source)
                texts[source.location] = text
                return text
            } parse: {
                try Recipe($0, source: $1, substitutions: substitutions, isReserved: isReserved)
            }
            try Self.checkNames(loaded)
            return loaded
        }
        let (expanded, aboutPlatforms) = try expansion.run()
        let variants = expanded.reduce(into: [String: Recipe]()) { $0.merge($1.recipes) { first, _ in first } }
        let (recipes, needs) = try Self.inBuildOrder(expanded.map(\.recipe))
        let order = try Self.layerOrder(recipes, needs)

        var aboutBases: [Diagnostic] = []
        files = try zip(recipes, order).map { recipe, layers in
            File(
                recipe: recipe,
                layers: try layers.map {
                    let (base, warning) = try Self.base(of: $0, in: recipe, substitutions.missing, isThere)
                    if let warning { aboutBases.append(warning) }
                    return Layer(
                        definition: $0, recipe: variants[$0.name] ?? recipe, base: base,
                        collapsesBuildOnly: recipe.settings.collapseBuildOnly)
                })
        }
        var general: Set<String> = []
        warnings = (recipes.flatMap(\.warnings) + aboutPlatforms + aboutBases).filter {
            !$0.isGeneral || general.insert($0.message).inserted
        }
    }

    /// The names of all layers of some of the files.
    package func layers(of locations: Set<RecipeSource.Location>) -> Set<String> {
        Set(files.filter { locations.contains($0.recipe.source.location) }.flatMap(\.layers).map(\.definition.name))
    }

    /// The same without all layers but these.
    package func keeping(_ names: Set<String>) -> RecipeSet {
        var result = self
        result.files = files.map { file in
            File(recipe: file.recipe, layers: file.layers.filter { names.contains($0.definition.name) })
        }
        return result
    }

    /// Checks what `--require-hash` asks for.
    ///
    /// - Throws: `Failure` that lists every import over http that has no hash.
    package func requireHashes() throws {
        let bare = layers.flatMap(\.definition.imports).filter { entry in
            if case .http = entry.source { return entry.hash == nil }
            return false
        }
        guard !bare.isEmpty else { return }
        let list = bare.map { "\($0.position): \($0.path)" }.joined(separator: ", ")
        throw Failure("--require-hash: imports without a hash: \(list)", help: "add hash: SHA256 to each of them")
    }

    /// What to say of variables that were given a value and stand in none of the files. Of those in a file of values, which
    /// several recipes may have in common, only of what is probably another's name, which then has none.
    ///
    /// - Parameter arguments: each `NAME=VALUE` of the command line.
    package func unusedSubstitutions(_ arguments: [String]) -> [String] {
        let used = files.reduce(into: Set<String>()) { $0.formUnion($1.recipe.variables) }
        let ofArguments = OrderedSet(arguments.map { String($0.prefix { $0 != "=" }) }).filter { !used.contains($0) }
            .map { name in
                let near = nearest(to: name, in: used.sorted()).map { ": is \($0) meant?" } ?? ""
                return "--substitute \(name)=…: no stacker file has ${{\(name)}}\(near)"
            }
        let withoutValue = used.subtracting(substitutions.values.keys).subtracting(substitutions.standardValues.keys)
            .sorted()
        let ofFiles = substitutions.namesInFiles.filter { !used.contains($0.value) }.compactMap { name in
            nearest(to: name.value, in: withoutValue).map {
                "\(name.position): no stacker file has ${{\(name.value)}}: is \($0) meant, which has no value?"
            }
        }
        return ofArguments + ofFiles
    }

    // MARK: - Steps

    /// What a layer is built on. A text that only stands for a value need not make sense as a base: whatever is put in its
    /// place, the layer is not taken for current, since its definition is another one.
    private static func base(
        of layer: LayerDefinition, in recipe: Recipe, _ missing: Substitutions.Missing, _ isThere: (FilePath) -> Bool
    ) throws -> (base: Base, warning: Diagnostic?) {
        guard case .replace(let dummy) = missing else {
            try layer.checkPlatform(unless: nil)
            return try layer.base(in: recipe.source, isThere: isThere)
        }
        try layer.checkPlatform(unless: dummy)
        if let url = layer.from?.url?.value, url.contains(dummy) {
            return (try? layer.base(in: recipe.source, isThere: isThere)) ?? (.scratch, nil)
        }
        return try layer.base(in: recipe.source, isThere: isThere)
    }

    /// The files and all that they require, in the order in which they are met.
    private static func load(
        _ sources: [RecipeSource], _ read: (RecipeSource) throws -> [UInt8],
        parse: ([UInt8], RecipeSource) throws -> Recipe
    ) throws -> [Recipe] {
        var recipes: [Recipe] = []
        var seen: Set<RecipeSource.Location> = []
        var waiting = sources.map { (source: $0, namedAt: SourcePosition?.none) }
        var next = 0
        while next < waiting.count {
            let (source, position) = waiting[next]
            next += 1
            guard seen.insert(source.location).inserted else { continue }
            let bytes = try bytes(of: source, namedAt: position, read)
            let recipe = try parse(bytes, source)
            recipes.append(recipe)
            waiting += recipe.settings.prerequisites.map { ($0.source, $0.position) }
        }
        return recipes
    }

    private static func bytes(
        of source: RecipeSource, namedAt position: SourcePosition?, _ read: (RecipeSource) throws -> [UInt8]
    ) throws -> [UInt8] {
        let what =
            position.map { "\($0): couldn't read prerequisite \(source.name)" } ?? "couldn't read \(source.name)"
        do {
            return try read(source)
        } catch let error where error.systemError == .noSuchFileOrDirectory {
            var help: String?
            if case .file(let path) = source.location {
                help =
                    position == nil
                    ? RecipeSource.adviceOnMissing(source.name, at: path, way: " with -f") : nearMiss(path)
            }
            throw Failure(what, because: Errno.noSuchFileOrDirectory, help: help)
        } catch {
            throw Failure(what, because: error)
        }
    }

    private static func checkNames(_ recipes: [Recipe]) throws {
        var places: [String: SourcePosition] = [:]
        for layer in recipes.flatMap(\.layers) {
            if let first = places.updateValue(layer.position, forKey: layer.name) {
                throw Failure("\(layer.position): duplicate layer name: \(layer.name): the first is at \(first)")
            }
        }
    }

    /// The files in build order, and for each the indices of its direct prerequisites.
    private static func inBuildOrder(_ recipes: [Recipe]) throws -> (recipes: [Recipe], needs: [[Int]]) {
        func needs(_ recipes: [Recipe]) -> [[Int]] {
            let indices = Dictionary(recipes.enumerated().map { ($1.source.location, $0) }) { first, _ in first }
            return recipes.map { $0.settings.prerequisites.compactMap { indices[$0.source.location] } }
        }
        do {
            let ranks = try DependencyGraph(needs: needs(recipes)).ranks()
            let sorted = recipes.indices.sorted {
                (ranks[$0], recipes[$0].source.location) < (ranks[$1], recipes[$1].source.location)
            }.map { recipes[$0] }
            return (sorted, needs(sorted))
        } catch {
            let names = error.path.map { recipes[$0].source.name }.joined(separator: " -> ")
            throw Failure("cycle of prerequisites: \(names)")
        }
    }

    /// For each file its layers in build order. A file knows the layers of all files that it requires, near and far.
    private static func layerOrder(_ recipes: [Recipe], _ needs: [[Int]]) throws -> [[LayerDefinition]] {
        var required: [Set<Int>] = []
        var missing: [String] = []
        let places = recipes.enumerated().reduce(into: [String: Int]()) { places, file in
            for layer in file.element.layers { places[layer.name] = file.offset }
        }
        for (recipe, direct) in zip(recipes, needs) {
            // Prerequisites come first, so theirs are known already.
            let all = direct.reduce(into: Set(direct)) { $0.formUnion(required[$1]) }
            required.append(all)
            missing += BuildOrder.missing(
                in: recipe.layers, isKnown: { places[$0].map(all.contains) ?? false },
                known: { Set(all.flatMap { recipes[$0].layers.map(\.name) }) })
        }
        guard missing.isEmpty else {
            throw Failure(BuildOrder.couldNotResolve, because: Failure(missing.joined(separator: "; ")))
        }
        return try recipes.map { try BuildOrder.sort($0.layers) }
    }
}
