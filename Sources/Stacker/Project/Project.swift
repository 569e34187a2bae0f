import Host
import Layers
import Recipes
import Roots

/// The stacker files of a command, which have been read, and the places that it works with: directories on this machine,
/// servers elsewhere, the log.
struct Project {
    var recipes: RecipeSet
    let directories: StackerDirectories
    /// Ends what the command does.
    let cancellation: Cancellation
    let servers: Servers
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
        cancellation = try Cancellation()
        servers = Servers(until: cancellation)
        recipes = try RecipeLoader(directories: directories, web: servers.web).load(request, missing: missing)
        // A layer can be entered without any file: nothing could use a value then.
        guard !recipes.files.isEmpty else { return }
        for warning in recipes.unusedSubstitutions(request.substitutions) { log.warn(warning) }
    }

    /// The same recipes for another attempt: what has ended the first does not end it.
    func afresh() throws -> Project {
        let cancellation = try Cancellation()
        return Project(
            recipes: recipes, directories: directories, cancellation: cancellation,
            servers: Servers(until: cancellation),
            log: log)
    }

    private init(
        recipes: RecipeSet, directories: StackerDirectories, cancellation: Cancellation, servers: Servers, log: Log
    ) {
        (self.recipes, self.directories, self.log) = (recipes, directories, log)
        (self.cancellation, self.servers) = (cancellation, servers)
    }

    /// What the steps of a build have in common. Only for the holder of the locks.
    ///
    /// - Parameters:
    ///   - identity: who makes the images.
    ///   - roots: the roots directory, opened as the command needs it.
    ///   - timeline: what is told of the steps of a build.
    func context(
        of request: BuildRequest, by identity: BuildIdentity, in roots: RootsDirectory,
        telling timeline: BuildTimeline = .off
    ) throws -> BuildContext {
        BuildContext(
            request: request, identity: identity, directories: directories, roots: roots, servers: servers,
            layouts: layouts, cache: try BuildCache(in: directories.stacker, log: log),
            digests: try FileDigests(in: directories.stacker, checkpoint: cancellation.check), log: log,
            cancellation: cancellation, timeline: timeline,
            scriptOutput: log.standardFiles.leavesOutputAlone ? .standardError : .inherited)
    }
}
