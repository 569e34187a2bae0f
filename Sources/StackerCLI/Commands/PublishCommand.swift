import ArgumentParser
import Failure
import Host
import Layers
import Stacker
import SystemPackage
import Web

/// `stacker publish`: images to a registry or another layout.
struct PublishCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "publish",
        abstract: "Send built images to a registry, or copy them to an OCI layout.",
        discussion: """
            Only what is as the stacker file says is published; build_only layers are not.

            EXAMPLES:
              stacker publish --url docker://example.com/team --tag 1.2 --tag latest
              stacker publish --url oci:/srv/images --tag 1.2 --image app
              stacker publish --url docker://example.com/team --tag 1.2 --update-index
              stacker publish --url docker://example.com/team --tag 1.2 --show-only
            """
    )

    @Option(help: "Where to: docker://REGISTRY or oci:DIRECTORY.")
    var url: String?

    @Option(help: "The tag of the images there. May be given several times.")
    var tag: [String] = []

    @Option(help: "The image to publish; all of them if none is named. May be given several times.")
    var image: [String] = []

    @Option(help: "The user name for the registry, in place of that of a login.")
    var username: String?

    @Option(help: "The password for the registry. Other users see it in the list of processes: a login is better.")
    var password: String?

    @Flag(help: "Speak to the registry without verified TLS, or without any.")
    var skipTls = false

    @Option(
        help: ArgumentHelp(
            "Publish what was built for these platforms; by default all that the tag has.", valueName: "platforms"))
    var platform: [String] = []

    @Flag(help: "Replace what is for the same platforms in the index that the tag is there; the others stay.")
    var updateIndex = false

    @Flag(help: "Only say what would be published.")
    var showOnly = false

    @Flag(help: "Publish what is there, also if it would be built anew.")
    var force = false

    @Option(help: "The type of images to publish. May be given several times.")
    var layerType: [LayerType] = []

    @Option(
        help:
            "Publish what was not built here as a shared cache has it: docker://registry/name. Where it can, the registry takes it from there by itself. May be given several times."
    )
    var cacheFrom: [String] = []

    @Option(
        help: ArgumentHelp(
            "With --cache-from: only what is signed by this key, a file of OpenSSL's. May be given several times.",
            valueName: "public-key"),
        completion: .file())
    var cacheTrust: [String] = []

    @Flag(help: "With --cache-from: also layers that have cache_dirs.")
    var cacheWithCacheDirs = false

    @Flag(
        name: .customLong("cache-skip-tls"),
        help: "With --cache-from: those registries may have an unknown certificate, or no TLS.")
    var cacheSkipTLS = false

    @OptionGroup(title: "With --cache-from: how the images were built")
    var writing: WritingOptions

    @Option(
        help: ArgumentHelp(
            "The time that the images were built with, in place of the environment's SOURCE_DATE_EPOCH.",
            valueName: "seconds"))
    var sourceDateEpoch: String?

    @Option(help: "Give a variable of the stacker file a value, as NAME=value. May be given several times.")
    var substitute: [String] = []

    @Option(help: "A YAML file of variables and values; --substitute wins over it.", completion: .file())
    var substituteFile: String?

    @Option(name: [.customShort("f"), .long], help: "The stacker file. (default: stacker.yaml)", completion: .file())
    var stackerFile: String?

    @Option(
        name: [.customShort("d"), .long], help: "Publish the images of all stacker files below this directory.",
        completion: .directory)
    var searchDir: String?

    @Option(
        name: [.customShort("p"), .long],
        help: "With --search-dir: a regular expression that the absolute path of a stacker file matches.")
    var stackerFilePattern = RecipeSearch.defaultPattern

    func run(in surroundings: Surroundings) throws {
        guard let url else {
            throw Failure("no --url to publish to", help: "write --url docker://REGISTRY or --url oci:DIRECTORY")
        }
        var request = PublishRequest(to: try PublishTarget(url, workingDirectory: .currentDirectory()), tags: tag)
        request.recipes = try recipes(surroundings.directories)
        request.substitutions = substitute
        request.substituteFile = substituteFile
        request.images = image
        request.platforms = try platforms(platform)
        if !layerType.isEmpty { request.layerTypes = layerType }
        request.credentials = try credentials
        request.isInsecure = skipTls
        request.updatesIndex = updateIndex
        request.building.sourceDateEpoch = sourceDateEpoch ?? request.building.sourceDateEpoch
        request.cacheFrom = cacheFrom
        if !cacheFrom.isEmpty {
            request.building.layerTypes = request.layerTypes
            request.building.cacheTrust = cacheTrust
            request.building.sharesCacheDirectories = cacheWithCacheDirs
            request.building.cachesSkipTLS = cacheSkipTLS
            try writing.apply(to: &request.building)
        } else if let option = cacheOption {
            throw Failure("\(option) is for --cache-from", help: "what was built here is published as it was built")
        }
        request.showsOnly = showOnly
        request.isForced = force
        // Whether a layer is current shows in files that a user can read only there.
        if Namespace.isNeededForFiles, Namespace.canBeEntered { try surroundings.enterNamespace() }
        try Publish(request, in: surroundings.directories, log: surroundings.log).run()
    }

    /// An option that was given, and says something of caches or of what they have.
    private var cacheOption: String? {
        if !cacheTrust.isEmpty { return "--cache-trust" }
        if cacheWithCacheDirs { return "--cache-with-cache-dirs" }
        if cacheSkipTLS { return "--cache-skip-tls" }
        return writing.arguments.first.map { "--\($0.name)" }
    }

    private var credentials: WebCredentials? {
        get throws {
            switch (username, password) {
            case (nil, nil): return nil
            case (let user?, let password?): return WebCredentials(user: user, password: password)
            default: throw Failure("--username and --password only go together")
            }
        }
    }

    /// The stacker files, named as the user would.
    private func recipes(_ directories: StackerDirectories) throws -> [String] {
        guard let searchDir else { return [stackerFile ?? "stacker.yaml"] }
        guard stackerFile == nil else { throw Failure("--stacker-file and --search-dir don't go together") }
        return try RecipeSearch.files(below: searchDir, pattern: stackerFilePattern, in: directories)
    }
}
