import ArgumentParser
import Failure
import Stacker

/// What `build` and `recursive-build` can be told about a build as it runs. A plan has nothing of the kind: `plan` knows these to
/// refuse them with the reason, and its help doesn't list them.
struct BuildRunOptions: ParsableArguments {
    @Flag(help: "Build every layer, whatever the cache says.")
    var noCache = false

    @Flag(
        help: "Build only what neither this machine nor --cache-from has, and take from there only what that needs.")
    var onlyMissing = false

    @Option(help: "Run a program in the container of a run: that failed, as it left it. It has the terminal.")
    var onRunFailure: String?

    @Flag(help: "The same with /bin/sh.")
    var shellFail = false

    @Flag(help: "Say where the time went, and write a trace of it: timing.json in the stacker directory.")
    var timing = false

    @Option(help: "Do so, and write the trace to this file.", completion: .file())
    var timingFile: String?

    @Flag(help: "Only print in which order the files would be built.")
    var orderOnly = false

    /// Asks for it.
    func apply(to request: inout BuildRequest) throws {
        if onlyMissing, noCache {
            throw Failure("--only-missing and --no-cache don't go together", help: "leave one out")
        }
        request.ignoresCache = noCache
        request.buildsOnlyMissing = onlyMissing
        request.onRunFailure = try commandOnFailure
        request.reportsTimes = timing || timingFile != nil
        request.traceFile = timingFile
    }

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
