import Failure
import Layers
import RecipeText
import Recipes
import Roots
import SystemPackage

/// A program in a layer that was built, with what its recipe gives to `run:`: binds, imports, environment. What the
/// program changes is thrown away.
package struct LayerSession {
    private let request: BuildRequest
    private let project: Project

    /// Reads the recipe. Without any, layers can be entered all the same, but only with what they have themselves.
    package init(_ request: BuildRequest, in directories: StackerDirectories, log: Log) throws {
        self.request = request
        project = try Project(request, in: directories, log: log)
    }

    /// Runs a program to its end.
    ///
    /// - Parameters:
    ///   - name: the layer; the file's first one if `nil`.
    ///   - command: the program and its arguments.
    /// - Returns: its exit status.
    package func run(in name: String?, _ command: [String]) throws -> Int32 {
        let (layer, source) = try find(name)
        let directories = project.directories
        try directories.refuseForeign()
        guard directories.roots.exists else {
            throw Failure("couldn't enter layer \(layer.name)", because: Self.notBuilt)
        }
        return try directories.locked(creating: true) {
            let (context, place) = try attempt("couldn't enter layer \(layer.name)") {
                guard let roots = try RootsDirectory(ifOursAt: directories.roots) else { throw Self.notBuilt }
                let context = try project.context(of: request, by: .nobody, in: roots)
                return (context, try self.place(of: layer, context))
            }
            return try ScriptRun(
                layer: layer, recipe: source?.name ?? Self.noFile, location: source?.location, context: context,
                storage: context.roots.layer(layer.name),
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
        guard let found = known.first(where: { $0.0.name == name }) else {
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

    private func place(of layer: LayerDefinition, _ context: BuildContext) throws -> Place {
        let storage = context.roots.layer(layer.name)
        guard let entry = context.cache[layer.name] else { return try placeLeft(in: storage) }
        // All types have the same content: what was built serves.
        var types = LayerType.allCases.filter { entry.manifests[$0] != nil }
        if types.isEmpty, let metadata = try storage.metadata() {
            types = LayerType.allCases.filter { metadata.images[$0] != nil }
        }
        let contents = LayerContents(
            bases: Bases(types.isEmpty ? context : context.asking(for: types)), platform: layer.platform)
        guard let (image, lowerdirs) = try contents.base(of: layer.name) else {
            throw Failure("it is not unpacked")
        }
        return (image, lowerdirs)
    }

    /// What there is of a layer of which the cache knows nothing: mostly of one whose script failed.
    private func placeLeft(in layer: LayerDirectory) throws -> Place {
        guard layer.hasUpperdir, let base = try layer.base() ?? layer.metadata() else {
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
