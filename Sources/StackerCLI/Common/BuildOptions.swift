import ArgumentParser
import Failure
import Host
import Layers
import OCI
import RecipeText
import Recipes
import Stacker

/// What `build`, `recursive-build` and `plan` have in common: what there is to build, and with which caches.
struct BuildOptions: ParsableArguments {
    @Option(help: "Give a variable of the stacker file a value, as NAME=value. May be given several times.")
    var substitute: [String] = []

    @Option(
        help: ArgumentHelp(
            "Build for these platforms: linux/amd64,linux/arm64. Each has bases and images of its own.",
            valueName: "platforms"))
    var platform: [String] = []

    @Option(help: "A YAML file of variables and values; --substitute wins over it.", completion: .file())
    var substituteFile: String?

    @Option(
        help:
            "Take layers that other machines built from a registry: docker://registry/name. May be given several times."
    )
    var cacheFrom: [String] = []

    @Option(help: "Put layers into a registry for other machines: docker://registry/name. May be given several times.")
    var cacheTo: [String] = []

    @Flag(help: "Do so with layers that have cache_dirs, too: what is in those goes into what others get.")
    var cacheWithCacheDirs = false

    @Option(
        help: ArgumentHelp(
            "Sign what is put there with this Ed25519 key, a file of OpenSSL's.", valueName: "private-key"),
        completion: .file())
    var cacheSign: String?

    @Option(
        help: ArgumentHelp(
            "Take only what is signed by this key, a file of OpenSSL's. May be given several times.",
            valueName: "public-key"),
        completion: .file())
    var cacheTrust: [String] = []

    @Flag(name: .customLong("cache-skip-tls"), help: "Those registries may have an unknown certificate, or no TLS.")
    var cacheSkipTLS = false

    @Option(help: "The type of layer to write. May be given several times.")
    var layerType: [LayerType] = []

    @OptionGroup var writing: WritingOptions

    @Option(
        help: ArgumentHelp(
            "What to do about a base's file with more hard links than the file system can hold: go on with copies, or fail."
        ))
    var hardlinkOverflow = HardLinkOverflow.split

    @Option(
        name: [.customShort("j", allowingJoined: true), .long],
        help: ArgumentHelp(
            "How many layers are built at a time, at most. (default: the number of processors)", valueName: "n"))
    var jobs: Int?

    @Flag(help: "Where a layer fails, build all that doesn't need it.")
    var keepGoing = false

    @Option(
        help: ArgumentHelp(
            "The time that nothing in images is later than, in place of the environment's SOURCE_DATE_EPOCH.",
            valueName: "seconds"))
    var sourceDateEpoch: String?

    @Flag(help: "Refuse imports over http that have no hash.")
    var requireHash = false

    /// What is asked for, of these files.
    func request(
        _ recipes: [String], _ running: BuildRunOptions, in surroundings: Surroundings
    ) throws -> BuildRequest {
        var request = BuildRequest()
        request.recipes = recipes
        request.substitutions = substitute
        request.platforms = try platforms(platform)
        request.substituteFile = substituteFile
        request.cacheFrom = cacheFrom
        request.cacheTo = cacheTo
        request.sharesCacheDirectories = cacheWithCacheDirs
        request.cacheSign = cacheSign
        request.cacheTrust = cacheTrust
        request.cachesSkipTLS = cacheSkipTLS
        if !layerType.isEmpty { request.layerTypes = layerType }
        try writing.apply(to: &request)
        request.requiresHashes = requireHash
        request.sourceDateEpoch = sourceDateEpoch ?? request.sourceDateEpoch
        request.hardLinkOverflow = hardlinkOverflow
        if let jobs, jobs < 1 { throw Failure("--jobs \(jobs): at least one layer is built at a time") }
        request.jobs = jobs ?? surroundings.config.jobs ?? BuildRequest.processors
        request.keepsGoing = keepGoing
        try running.apply(to: &request)
        return request
    }

    /// Builds these files, or says what would be built.
    func build(_ recipes: [String], _ running: BuildRunOptions, in surroundings: Surroundings) throws {
        let request = try request(recipes, running, in: surroundings)
        // Without anything to build root needs no namespace; what is found out on the way to the first layer that must
        // be built is found out, and said, again inside. Caches are not asked twice for that.
        if !surroundings.isInsideNamespace { surroundings.log.hold() }
        let build = try Build(request, in: surroundings.directories, log: surroundings.log)
        if running.orderOnly {
            surroundings.log.release()
            for line in build.order { try say(line) }
            return
        }
        let mayTry = surroundings.isInsideNamespace || !running.onlyMissing
        if !Namespace.isNeededForFiles, mayTry, try build.run(mayBuild: surroundings.isInsideNamespace) {
            return surroundings.log.release()
        }
        // Inside it is done, or an error: to enter once more would go on for ever.
        guard !surroundings.isInsideNamespace else {
            throw Failure("a layer could be neither found nor built, for no reason that stacker knows of")
        }
        try surroundings.enterNamespace()
    }
}

/// What is given as `--platform`: names between commas, and perhaps several times.
func platforms(_ arguments: [String]) throws -> [Platform] {
    var platforms: [Platform] = []
    for text in arguments.flatMap({ $0.split(separator: ",", omittingEmptySubsequences: false) }) {
        let name = String(text.drop { $0 == " " })
        let platform = try attempt("couldn't understand --platform") { try PlatformNames.platform(name) }
        if !platforms.contains(platform) { platforms.append(platform) }
    }
    return platforms
}

/// The words of a command line that was given as one argument.
func commandWords(_ command: String) throws -> [String] {
    let words = try attempt("couldn't understand \(command)") { try shellWords(command) }
    guard !words.isEmpty else { throw Failure("a command without any word in it can't be run") }
    return words
}

extension LayerType: ExpressibleByArgument {}

extension HardLinkOverflow: ExpressibleByArgument {}
