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

    @Flag(help: "Only say what would be published.")
    var showOnly = false

    @Flag(help: "Publish what is there, also if it would be built anew.")
    var force = false

    @Option(help: "The type of images to publish. May be given several times.")
    var layerType: [LayerType] = []

    @Option(help: "Give a variable of the stacker file a value, as NAME=value. May be given several times.")
    var substitute: [String] = []

    @Option(help: "A YAML file of variables and values; --substitute wins over it.")
    var substituteFile: String?

    @Option(name: [.customShort("f"), .long], help: "The stacker file. (default: stacker.yaml)")
    var stackerFile: String?

    @Option(name: [.customShort("d"), .long], help: "Publish the images of all stacker files below this directory.")
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
        if !layerType.isEmpty { request.layerTypes = layerType }
        request.credentials = try credentials
        request.isInsecure = skipTls
        request.showsOnly = showOnly
        request.isForced = force
        // Whether a layer is current shows in files that a user can read only there.
        if Namespace.isNeededForFiles, Namespace.canBeEntered { try surroundings.enterNamespace() }
        try Publish(request, in: surroundings.directories, log: surroundings.log).run()
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
