import Failure
import FileTree
import Layers
import OCI
import RecipeText
import Recipes
import Roots
import SystemPackage

/// A program in a layer that was built, with what its recipe gives to `run:`: binds, imports, environment. What the
/// program changes is thrown away.
package struct LayerSession {
    private let request: BuildRequest
    private let project: Project
    private let name: String?
    private let platform: Platform?

    /// Reads the recipe. Without any, layers can be entered all the same, but only with what they have themselves.
    ///
    /// - Parameters:
    ///   - name: the layer; the file's first one if `nil`.
    ///   - platform: which of those is meant that the layer was built for; `nil` for this machine's.
    package init(
        _ request: BuildRequest, in name: String?, for platform: Platform?, _ directories: StackerDirectories, log: Log
    ) throws {
        var request = request
        // The recipe as it is for that.
        if let name, let platform, try directories.roots.isThere(),
            try PlatformLayers(in: RootsDirectory(reading: directories.roots), of: directories)
                .name(of: name, for: platform) != name
        {
            request.platforms = [platform]
        }
        (self.request, self.name, self.platform) = (request, name, platform)
        project = try Project(request, in: directories, log: log)
    }

    /// Runs a program to its end.
    ///
    /// - Parameter command: the program and its arguments.
    /// - Returns: its exit status.
    package func run(_ command: [String]) throws -> Int32 {
        let (layer, source) = try find(name)
        let directories = project.directories
        try directories.refuseForeign()
        guard try directories.roots.isThere() else {
            throw Failure("couldn't enter layer \(layer.name)", because: Self.notBuilt)
        }
        return try directories.locked {
            let (context, storage, place) = try attempt("couldn't enter layer \(layer.name)") {
                guard let roots = try RootsDirectory(ifOursAt: directories.roots) else { throw Self.notBuilt }
                let context = try project.context(of: request, by: .nobody, in: roots)
                let storage =
                    try platform.map { try PlatformLayers(in: roots, of: directories).name(of: layer.tag, for: $0) }
                    ?? layer.name
                return (context, storage, try self.place(of: storage, for: layer.platform, context))
            }
            return try ScriptRun(
                layer: layer, recipe: source?.name ?? Self.noFile, location: source?.location, context: context,
                storage: context.roots.layer(storage),
                stack: LayerStack(place.lowerdirs), baseEnvironment: place.base.environment
            ).enter(command)
        }
    }

    /// How messages call the file of a layer that is entered without any.
    private static let noFile = "no stacker file"

    /// The layer, and the file that it is in, if there is one.
    private func find(_ name: String?) throws -> (LayerDefinition, RecipeSource?) {
        let files = project.recipes.files
        if let name, files.isEmpty {
            let position = SourcePosition(file: Self.noFile, line: 1, column: 1)
            return (LayerDefinition(name: try ExplainedPlace(name).layer, position: position), nil)
        }
        let known = files.flatMap { file in file.recipe.layers.map { ($0, file.recipe.source) } }
        guard let name else {
            // The file that was asked for comes last: all others are its prerequisites.
            guard let recipe = files.last?.recipe, let first = recipe.layers.first else {
                throw Failure("the stacker file has no layer")
            }
            return (first, recipe.source)
        }
        let tagged = known.filter { $0.0.tag == name }
        guard let found = known.first(where: { $0.0.name == name }) ?? (tagged.count == 1 ? tagged.first : nil) else {
            guard tagged.isEmpty else {
                let platforms = tagged.map(\.0.platform.description).joined(separator: ", ")
                throw Failure(
                    "layer \(shown(name)) is not built for this machine, \(Platform.machine)",
                    help: "it is for \(platforms): choose with --platform")
            }
            throw Failure(
                "there is no layer \(quoted(name)) in \(request.recipes.joined(separator: ", "))",
                help: "there are \(known.map(\.0.name).joined(separator: ", "))")
        }
        return found
    }

    // MARK: - The state that is entered

    private static var notBuilt: Failure { Failure("it has not been built", help: "stacker build builds it") }

    /// Where a session takes place.
    private typealias Place = (base: BuildBase, lowerdirs: [FilePath])

    private func place(of name: String, for platform: Platform, _ context: BuildContext) throws -> Place {
        let storage = context.roots.layer(name)
        guard let entry = context.cache[name] else { return try placeLeft(in: storage) }
        // All types have the same content: what was built serves.
        var types = LayerType.allCases.filter { entry.manifests[$0] != nil }
        if types.isEmpty, let metadata = try storage.metadata() {
            types = LayerType.allCases.filter { metadata.images[$0] != nil }
        }
        let contents = LayerContents(
            bases: Bases(types.isEmpty ? context : context.asking(for: types)), platform: platform)
        guard let (image, lowerdirs) = try contents.base(of: name) else {
            throw Failure("it is not unpacked")
        }
        return (image, lowerdirs)
    }

    /// What there is of a layer of which the cache knows nothing: mostly of one whose script failed.
    private func placeLeft(in layer: LayerDirectory) throws -> Place {
        guard try layer.hasUpperdir, let base = try layer.base() ?? layer.metadata() else {
            throw Self.notBuilt
        }
        let left = try ExplainedLayer(layer.name, in: project.directories)
        if let part = left.parts.first(where: { !$0.isThere }) {
            throw Failure("\(part.directory) is not there", help: "build \(layer.name) again")
        }
        if left.state != .built {
            project.log.warn("\(layer.name) is as its last build left it, which failed or was stopped")
        }
        return (BuildBase(metadata: base), left.parts.map { FilePath($0.directory) })
    }
}
