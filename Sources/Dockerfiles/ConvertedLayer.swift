import OrderedCollections
import Recipes

/// One layer of the recipe that a Dockerfile becomes.
struct ConvertedLayer: Sendable {
    enum Base: Sendable {
        case docker(ConvertedText)
        /// Another layer.
        case built(ConvertedText)
        /// An archive, relative to the working directory.
        case tar(String)
        case scratch
    }

    /// One entry of `imports`.
    struct Import: Sendable {
        var path: ConvertedText
        var destination: ConvertedText?
        var hash: ConvertedText?
        var mode: String?
        var uid: String?
        var gid: String?
    }

    /// One entry of `cache_dirs`.
    struct CacheDirectory: Sendable, Equatable {
        var path: ConvertedText
        var mode: String?
        var uid: String?
        var gid: String?
    }

    /// A part of the script.
    enum Step: Sendable {
        /// What has to be run.
        case command(ConvertedText)
        /// A directory that must be there, made if need be.
        case directory(ConvertedText)
        /// The state of the shell for what follows: without anything to follow, it is not needed.
        case state(ConvertedText)
    }

    /// `build_platform`: the layer is built on the machine's own platform.
    enum BuildPlatform: String, Sendable {
        /// Once, for the machine itself.
        case machine = "true"
        /// Once for each platform that is built for.
        case each
    }

    /// Something that a reader should know.
    struct Note: Sendable {
        let line: Int
        let text: ConvertedText
    }

    var name: ConvertedText
    var base: Base
    var os: String?
    var architecture: String?
    var isBuildOnly = false
    /// On which platform it is built; `nil` for the one that is built for.
    var buildPlatform: BuildPlatform?
    var notes: [Note] = []
    var imports: [Import] = []
    var binds: [(source: ConvertedText, destination: ConvertedText)] = []
    var cacheDirectories: [CacheDirectory] = []
    /// What ARG gives scripts.
    var buildEnvironment: [(name: String, value: ConvertedText)] = []
    var steps: [Step] = []
    var environment: OrderedDictionary<String, ConvertedText> = [:]
    var labels: [(name: ConvertedText, value: ConvertedText)] = []
    /// Becomes the annotation `org.opencontainers.image.authors` of the image spec.
    var authors: ConvertedText?
    var volumes: [ConvertedText] = []
    var ports: [ConvertedText] = []
    var stopSignal: ConvertedText?
    var workingDirectory: ConvertedText?
    var user: ConvertedText?
    var entrypoint: [ConvertedText]?
    var command: [ConvertedText]?

    init(name: ConvertedText, base: Base) {
        self.name = name
        self.base = base
    }

    /// Whether something is run that could see what is imported, and so must not be followed by an import.
    var hasCommands: Bool {
        steps.contains { step in
            if case .command = step { true } else { false }
        }
    }

    /// The script; `nil` if nothing has to be run.
    ///
    /// - Parameter exists: whether imports make a directory anyway.
    func script(exists: (ConvertedText) -> Bool) -> ConvertedText? {
        var needed = steps.filter { step in
            if case .directory(let path) = step { hasCommands || !exists(path) } else { true }
        }
        while case .state? = needed.last { needed.removeLast() }
        guard !needed.isEmpty else { return nil }
        return needed.reduce(into: ConvertedText()) { script, step in
            switch step {
            case .command(let text), .state(let text): script.append(text + "\n")
            case .directory(let path): script.append("mkdir -p " + path.shellWord + "\n")
            }
        }
    }
}
