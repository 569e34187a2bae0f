import ArgumentParser
import Failure
import Stacker

/// What `build --reproduce` can be told.
struct ReproduceOptions: ParsableArguments {
    @Flag(help: "Build twice, the second time in other surroundings, and show what differs; nothing is kept.")
    var reproduce = false

    @Option(
        help: ArgumentHelp(
            "What differs between the builds, of locale, time-zone, host-name, umask, user, jobs and order, some with a value: umask=027. all is for those that are not named beside it. (default: all but umask; none: only time and directories)",
            valueName: "list"))
    var reproduceVary: String?

    @Flag(help: "Where images differ, build once more for each of these, and say which makes a difference.")
    var reproduceBlame = false

    @Flag(help: "Do so with layers that have binds of this machine's files, which their scripts can change twice.")
    var reproduceBinds = false

    @Flag(help: "Print the verdict as JSON.")
    var reproduceJson = false

    @Option(help: "Write what differs into this file, as a page for a browser.", completion: .file())
    var reproduceHtml: String?

    @Option(
        help: ArgumentHelp("Keep the images of both builds, as DIR/first and DIR/second.", valueName: "dir"),
        completion: .directory)
    var reproduceKeep: String?

    /// As diff(1) has it: 1 is for images that differ. A script that fails has its own status, if that is another one.
    static func troubleStatus(for arguments: [String]) -> Int32 { arguments.contains("--reproduce") ? 2 : 1 }

    func validate() throws {
        guard !reproduce else { return }
        let given = [
            (reproduceVary != nil, "--reproduce-vary"), (reproduceBlame, "--reproduce-blame"),
            (reproduceBinds, "--reproduce-binds"), (reproduceKeep != nil, "--reproduce-keep"),
            (reproduceJson, "--reproduce-json"), (reproduceHtml != nil, "--reproduce-html"),
        ]
        if let name = given.first(where: \.0)?.1 {
            throw ValidationError("\(name) is for --reproduce")
        }
    }

    /// Builds these files twice, and says what differs.
    ///
    /// - Throws: ``ArgumentParser/ExitCode`` 1 if something does.
    func run(
        _ recipes: [String], _ options: BuildOptions, _ running: BuildRunOptions, in surroundings: Surroundings
    ) throws {
        try options.refuseWhatIsNotBuiltTwice(running)
        var request = try ReproduceRequest(options.request(recipes, running, in: surroundings))
        if let reproduceVary {
            request.variations = try attempt("couldn't understand --reproduce-vary") {
                try Variation.list(reproduceVary, besides: request.build)
            }
        }
        request.allowsBinds = reproduceBinds
        request.findsCauses = reproduceBlame
        request.keptIn = reproduceKeep
        request.printsJSON = reproduceJson
        request.page = reproduceHtml
        let reproduction = try Reproduction(request, in: surroundings.directories, log: surroundings.log)
        guard surroundings.isInsideNamespace else { try surroundings.enterNamespace() }
        if try !reproduction.run(say) { throw ExitCode(1) }
    }
}

extension BuildOptions {
    /// Refuses what has no meaning for two builds that have nothing in common with others.
    fileprivate func refuseWhatIsNotBuiltTwice(_ running: BuildRunOptions) throws {
        let unfit: [(given: Bool, name: String, reason: String)] = [
            (!cacheFrom.isEmpty, "--cache-from", "both build everything themselves"),
            (!cacheTo.isEmpty, "--cache-to", "what they make is not kept"),
            (running.onlyMissing, "--only-missing", "both build everything themselves"),
            (running.orderOnly, "--order-only", "that builds nothing"),
            (running.timing || running.timingFile != nil, "--timing", "there is more than one build"),
        ]
        if let first = unfit.first(where: \.given) {
            throw Failure("\(first.name) and --reproduce don't go together: \(first.reason)", help: "leave one out")
        }
    }
}
