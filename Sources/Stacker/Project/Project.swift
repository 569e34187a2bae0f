import Layers
import Recipes
import Roots

/// The stacker files of a command, which have been read, and the places that it works with: directories on this machine,
/// servers elsewhere, the log.
struct Project {
    let recipes: RecipeSet
    let directories: StackerDirectories
    let servers = Servers()
    let layouts = OpenLayouts()
    let log: Log

    /// Reads the stacker files that a build asks for; nothing is made on disk.
    ///
    /// - Parameter missing: what becomes of variables that have no value.
    init(
        _ request: BuildRequest, missing: Substitutions.Missing = .refuse, in directories: StackerDirectories, log: Log
    ) throws {
        self.directories = directories
        self.log = log
        recipes = try RecipeLoader(directories: directories, web: servers.web).load(request, missing: missing)
        // A layer can be entered without any file: nothing could use a value then.
        guard !recipes.files.isEmpty else { return }
        for warning in recipes.unusedSubstitutions(request.substitutions) { log.warn(warning) }
    }

    /// What finds the bases of layers, and unpacks them.
    ///
    /// - Parameter types: the types of image that are wanted; `nil`: those that are asked for.
    func resolver(_ request: BuildRequest, _ types: [LayerType]? = nil, in roots: RootsDirectory) -> BaseResolver {
        BaseResolver(
            unpacker: LayerUnpacker(roots: roots, hardLinkOverflow: request.hardLinkOverflow, log: log),
            output: directories.oci, types: types ?? request.layerTypes,
            downloads: Downloads(
                in: directories.stacker, web: servers.web, trustsKept: !request.ignoresCache, log: log),
            registries: RegistryBases(in: directories.stacker, servers: servers, log: log), layouts: layouts)
    }
}
