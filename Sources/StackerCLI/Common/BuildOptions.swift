import ArgumentParser
import Failure
import Host
import Layers
import OCI
import RecipeText
import Recipes
import Stacker

/// What `build` and `recursive-build` have in common.
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

    @Flag(help: "Build every layer, whatever the cache says.")
    var noCache = false

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

    @Flag(
        help: "Build only what neither this machine nor --cache-from has, and take from there only what that needs.")
    var onlyMissing = false

    @Option(help: "The type of layer to write. May be given several times.")
    var layerType: [LayerType] = []

    @OptionGroup var writing: WritingOptions

    @Option(
        help: ArgumentHelp(
            "What to do about a base's file with more hard links than the file system can hold: go on with copies, or fail."
        ))
    var hardlinkOverflow = HardLinkOverflow.split

    @Option(help: "Run a program in the container of a run: that failed, as it left it. It has the terminal.")
    var onRunFailure: String?

    @Flag(help: "The same with /bin/sh.")
    var shellFail = false

    @Option(
        name: [.customShort("j", allowingJoined: true), .long],
        help: ArgumentHelp(
            "How many layers are built at a time, at most. (default: the number of processors)", valueName: "n"))
    var jobs: Int?

    @Flag(help: "Where a layer fails, build all that doesn't need it.")
    var keepGoing = false

    @Flag(help: "Say where the time went, and write a trace of it: timing.json in the stacker directory.")
    var timing = false

    @Option(help: "Do so, and write the trace to this file.", completion: .file())
    var timingFile: String?

    @Flag(help: "Only print in which order the files would be built.")
    var orderOnly = false

    @Option(
        help: ArgumentHelp(
            "The time that nothing in images is later than, in place of the environment's SOURCE_DATE_EPOCH.",
            valueName: "seconds"))
    var sourceDateEpoch: String?

    @Flag(help: "Refuse imports over http that have no hash.")
    var requireHash = false

    /// What is asked for, of these files.
    func request(_ recipes: [String], in surroundings: Surroundings) throws -> BuildRequest {
        var request = BuildRequest()
        request.recipes = recipes
        request.substitutions = substitute
        request.platforms = try platforms(platform)
        request.substituteFile = substituteFile
        request.ignoresCache = noCache
        request.cacheFrom = cacheFrom
        request.cacheTo = cacheTo
        request.sharesCacheDirectories = cacheWithCacheDirs
        request.cacheSign = cacheSign
        request.cacheTrust = cacheTrust
        request.cachesSkipTLS = cacheSkipTLS
        if onlyMissing, noCache {
            throw Failure("--only-missing and --no-cache don't go together", help: "leave one out")
        }
        request.buildsOnlyMissing = onlyMissing
        if !layerType.isEmpty { request.layerTypes = layerType }
        try writing.apply(to: &request)
        request.requiresHashes = requireHash
        request.sourceDateEpoch = sourceDateEpoch ?? request.sourceDateEpoch
        request.hardLinkOverflow = hardlinkOverflow
        request.onRunFailure = try commandOnFailure
        if let jobs, jobs < 1 { throw Failure("--jobs \(jobs): at least one layer is built at a time") }
        request.jobs = jobs ?? surroundings.config.jobs ?? BuildRequest.processors
        request.keepsGoing = keepGoing
        request.reportsTimes = timing || timingFile != nil
        request.traceFile = timingFile
        return request
    }

    /// Builds these files, or says what would be built.
    func build(_ recipes: [String], in surroundings: Surroundings) throws {
        let request = try request(recipes, in: surroundings)
        // Without anything to build root needs no namespace; what is found out on the way to the first layer that must
        // be built is found out, and said, again inside. Caches are not asked twice for that.
        if !surroundings.isInsideNamespace { surroundings.log.hold() }
        let build = try Build(request, in: surroundings.directories, log: surroundings.log)
        if orderOnly {
            surroundings.log.release()
            for line in build.order { try say(line) }
            return
        }
        let mayTry = surroundings.isInsideNamespace || !onlyMissing
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

extension BuildOptions {
    /// What is run when a script has failed.
    private var commandOnFailure: [String]? {
        get throws {
            guard let onRunFailure else { return shellFail ? ["/bin/sh"] : nil }
            guard !shellFail else {
                throw Failure(
                    "--shell-fail is incompatible with --on-run-failure=\(onRunFailure)", help: "leave one of them out")
            }
            return try commandWords(onRunFailure)
        }
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
