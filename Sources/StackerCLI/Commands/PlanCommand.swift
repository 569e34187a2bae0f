import ArgumentParser
import Failure
import Host
import Plans
import Stacker

/// `stacker plan`: what there is to build, for people and for engines.
struct PlanCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Say what there is to build of all stacker files below a directory, for people or for an engine.",
        discussion: """
            A layer is here, in a cache that --cache-from names, or it must be built. The formats for engines have a job for
            each file of which something must be built; docs/scale.md says how each is used.

            EXAMPLES:
              stacker plan -d images
              stacker plan --cache-from docker://example.com/cache --format dot | dot -Tsvg >plan.svg
              stacker plan --cache-from docker://example.com/cache --cache-to docker://example.com/cache --format slurm | bash
            """
    )

    @OptionGroup var search: SearchOptions

    @Option(help: "What is written.")
    var format = PlanFormat.text

    @Flag(help: "Have a job for every file, also where nothing must be built.")
    var all = false

    @Option(help: "The image that jobs run in, for engines that run them in one; it has stacker.")
    var jobImage: String?

    @Option(
        help: ArgumentHelp(
            "Have a last job that publishes the images there: docker://REGISTRY/PATH.", valueName: "url"))
    var publish: String?

    @Option(help: "With --publish: the tag of the images there. May be given several times.")
    var tag: [String] = []

    @Flag(help: "With --publish: that registry may have an unknown certificate, or no TLS.")
    var skipTls = false

    @OptionGroup var options: BuildOptions

    @OptionGroup(visibility: .hidden) var running: BuildRunOptions

    func run(in surroundings: Surroundings) throws {
        try running.refuseWhatJobsCantDo()
        try options.refuseUnknownSigner()
        var request = try options.request(search.files(in: surroundings), running, in: surroundings)
        // Jobs sign; who makes the plan need not have the key.
        request.cacheSign = nil
        let publication = try publication
        // Whether a layer is current shows in files that a user can read only there.
        if Namespace.isNeededForFiles, Namespace.canBeEntered { try surroundings.enterNamespace() }
        let planning = try Planning(request, in: surroundings.directories, log: surroundings.log)
        let plan = try planning.plan(
            JobOptions(arguments: options.jobArguments, image: jobImage), publication, includesCached: all,
            looksHere: !format.isForEngine && options.cacheTo.isEmpty)
        try sayExactly(format.render(plan))
    }

    private var publication: Publication? {
        get throws {
            guard let publish else {
                if skipTls { throw Failure("--skip-tls is for --publish", help: "for caches it is --cache-skip-tls") }
                guard tag.isEmpty else {
                    throw Failure("--tag is for --publish", help: "say where to: --publish docker://…")
                }
                return nil
            }
            guard !tag.isEmpty else {
                throw Failure("no tag to publish the images with", help: "give at least one with --tag")
            }
            var arguments = [JobArgument("search-dir", search.searchDir), JobArgument("url", publish)]
            if search.stackerFilePattern != RecipeSearch.defaultPattern {
                arguments.append(JobArgument("stacker-file-pattern", search.stackerFilePattern))
            }
            if skipTls { arguments.append(JobArgument("skip-tls")) }
            return Publication(arguments: arguments + tag.map { JobArgument("tag", $0) } + options.publishArguments)
        }
    }
}

extension PlanFormat: ExpressibleByArgument {}
