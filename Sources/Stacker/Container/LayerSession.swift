import Failure
import OCI

/// A program in a layer that was built, with what its recipe gives to `run:`: binds, imports, environment. What the
/// program changes is thrown away.
public struct LayerSession {
    private let request: BuildRequest
    private let project: Project

    /// Reads the recipe.
    public init(_ request: BuildRequest, in directories: StackerDirectories, log: Log) throws {
        self.request = request
        project = try Project(request, in: directories, log: log)
    }

    /// Runs a program to its end.
    ///
    /// - Parameters:
    ///   - name: the layer; the file's first one if `nil`.
    ///   - command: the program and its arguments.
    /// - Returns: its exit status.
    public func run(in name: String?, _ command: [String]) throws -> Int32 {
        let (layer, recipe) = try find(name)
        try project.directories.refuseForeign()
        return try project.directories.locked(creating: true) { try run(command, in: layer, of: recipe) }
    }

    private func run(_ command: [String], in layer: LayerDefinition, of recipe: Recipe) throws -> Int32 {
        let directories = project.directories
        let cache = try BuildCache(in: directories.stacker, log: project.log)
        let roots = try RootsDirectory(at: directories.roots)
        let storage = roots.layer(layer.name)
        guard let entry = cache[layer.name] else {
            throw Failure(
                "couldn't enter layer \(layer.name): it has not been built, or its last build failed",
                help: "stacker build builds it; build --shell-fail enters it if its script fails")
        }
        // All types have the same content: what was built serves.
        var types = LayerType.allCases.filter { entry.outputs[$0] != nil }
        if types.isEmpty, let metadata = try storage.metadata() {
            types = LayerType.allCases.filter { metadata.manifests[$0] != nil }
        }
        let resolver = project.resolver(
            types.isEmpty ? request.layerTypes : types, in: roots, request.hardLinkOverflow)
        let base = try attempt("couldn't enter layer \(layer.name)") {
            try LayerContents(resolver: resolver, cache: cache).base(of: layer.name)
        }
        guard let base else { throw Failure("layer \(layer.name) is not unpacked") }
        return try ScriptRun(
            layer: layer, recipe: recipe, directories: directories, storage: storage,
            stack: LayerStack(base.lowerdirs), baseEnvironment: base.image.environment, log: project.log
        ).enter(command)
    }

    /// The layer, and the file that it is in.
    private func find(_ name: String?) throws -> (LayerDefinition, Recipe) {
        let files = project.recipes.files
        let known = files.flatMap { file in file.recipe.layers.map { ($0, file.recipe) } }
        guard let name else {
            // The file that was asked for comes last: all others are its prerequisites.
            guard let recipe = files.last?.recipe, let first = recipe.layers.first else {
                throw Failure("the stacker file has no layer")
            }
            return (first, recipe)
        }
        guard let found = known.first(where: { $0.0.name == name }) else {
            throw Failure(
                "there is no layer \(quoted(name)) in \(request.recipes.joined(separator: ", "))",
                help: "there are \(known.map(\.0.name).joined(separator: ", "))")
        }
        return found
    }
}
