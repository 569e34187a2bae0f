import ArgumentParser
import Failure
import Host
import Layers
import RecipeText
import Stacker

/// What `build` and `recursive-build` have in common.
struct BuildOptions: ParsableArguments {
    @Option(help: "Give a variable of the stacker file a value, as NAME=value. May be given several times.")
    var substitute: [String] = []

    @Option(help: "A YAML file of variables and values; --substitute wins over it.")
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

    @Flag(name: .customLong("cache-skip-tls"), help: "Those registries may have an unknown certificate, or no TLS.")
    var cacheSkipTLS = false

    @Option(help: "The type of layer to write. May be given several times.")
    var layerType: [LayerType] = []

    @Option(help: "How tar layers are compressed.")
    var compression: CompressionName = .gzip

    @Option(
        help: ArgumentHelp(
            "How hard to compress: tar 1 to 12 with gzip, 1 to 19 with zstd; squashfs 1 to 22; erofs 0 to 12. With TYPE= in front, for layers of one type. May be given several times.",
            valueName: "[type=]level"))
    var compressionLevel: [String] = []

    @Flag(
        name: [.long, .customLong("no-squashfs-verity")],
        help: "Don't append a dm-verity hash tree to squashfs and erofs layers.")
    var noVerity = false

    @Flag(help: "Merge build_only layers with the image that is built on them into one layer.")
    var collapseBuildOnly = false

    @Option(help: "What the names of stacker's own annotations begin with.")
    var annotationsNamespace = "io.stackeroci"

    @Option(
        help: ArgumentHelp(
            "What to do about a base's file with more hard links than the file system can hold: go on with copies, or fail."
        ))
    var hardlinkOverflow = HardLinkOverflow.split

    @Option(help: "Run a program in the container of a run: that failed, as it left it. It has the terminal.")
    var onRunFailure: String?

    @Flag(help: "The same with /bin/sh.")
    var shellFail = false

    @Flag(help: "Only print in which order the files would be built.")
    var orderOnly = false

    @Flag(help: "Refuse imports over http that have no hash.")
    var requireHash = false

    /// Builds these files, or says what would be built.
    func build(_ recipes: [String], in surroundings: Surroundings) throws {
        var request = BuildRequest()
        request.recipes = recipes
        request.substitutions = substitute
        request.substituteFile = substituteFile
        request.ignoresCache = noCache
        request.cacheFrom = cacheFrom
        request.cacheTo = cacheTo
        request.sharesCacheDirectories = cacheWithCacheDirs
        request.cachesSkipTLS = cacheSkipTLS
        if !layerType.isEmpty { request.layerTypes = layerType }
        try compression.apply(LevelOptions(compressionLevel), to: &request)
        request.addsVerity = !noVerity
        request.collapsesBuildOnly = collapseBuildOnly
        guard !annotationsNamespace.isEmpty else { throw Failure("--annotations-namespace is empty") }
        request.annotationsNamespace = annotationsNamespace
        request.requiresHashes = requireHash
        request.hardLinkOverflow = hardlinkOverflow
        request.onRunFailure = try commandOnFailure

        // Without anything to build root needs no namespace; what is found out on the way to the first layer that must
        // be built is found out, and said, again inside.
        if !surroundings.isInsideNamespace { surroundings.log.hold() }
        let build = try Build(request, in: surroundings.directories, log: surroundings.log)
        if orderOnly {
            surroundings.log.release()
            for line in build.order { try say(line) }
            return
        }
        if !Namespace.isNeededForFiles, try build.run(mayBuild: surroundings.isInsideNamespace) {
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

/// The words of a command line that was given as one argument.
func commandWords(_ command: String) throws -> [String] {
    let words = try attempt("couldn't understand \(command)") { try shellWords(command) }
    guard !words.isEmpty else { throw Failure("a command without any word in it can't be run") }
    return words
}

extension LayerType: ExpressibleByArgument {}

extension HardLinkOverflow: ExpressibleByArgument {}
