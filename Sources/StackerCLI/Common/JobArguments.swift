import Failure
import Host
import Plans
import Stacker

extension BuildRunOptions {
    /// Refuses what can be said of one build, and of no plan.
    func refuseWhatJobsCantDo() throws {
        let unfit: [(given: Bool, name: String, reason: String)] = [
            (noCache, "--no-cache", "a plan is about what caches lack; with --all it has jobs for everything"),
            (onlyMissing, "--only-missing", "jobs build only what is missing in any case"),
            (shellFail || onRunFailure != nil, "--shell-fail or --on-run-failure", "jobs have no terminal"),
            (orderOnly, "--order-only", "the plan says it"),
            (timing || timingFile != nil, "--timing", "nothing is built"),
        ]
        if let first = unfit.first(where: \.given) {
            throw Failure("\(first.name) is not for plan: \(first.reason)", help: "leave it out")
        }
    }
}

// What was given to `plan`, handed on to the jobs of a plan.
extension BuildOptions {
    /// Refuses a plan that could not know what jobs sign.
    func refuseUnknownSigner() throws {
        if cacheSign != nil, cacheTo.isEmpty {
            throw Failure(
                "--cache-sign is about what jobs put into a shared cache, and there is no --cache-to",
                help: "name the cache: --cache-to docker://registry/team/cache")
        }
        if cacheSign != nil, cacheTrust.isEmpty {
            throw Failure(
                "a plan with --cache-sign needs --cache-trust: it does not read the key that jobs sign with, and has to know "
                    + "what they take",
                help: "name its public half, which openssl pkey -in PRIVATE -pubout makes")
        }
    }

    /// What every job builds with.
    var jobArguments: [JobArgument] {
        var arguments = [JobArgument("only-missing")] + common + cacheTo.map { JobArgument("cache-to", $0) }
        if let cacheSign { arguments.append(JobArgument("cache-sign", cacheSign)) }
        if hardlinkOverflow != .split { arguments.append(JobArgument("hardlink-overflow", hardlinkOverflow.rawValue)) }
        if let jobs { arguments.append(JobArgument("jobs", String(jobs))) }
        if keepGoing { arguments.append(JobArgument("keep-going")) }
        if requireHash { arguments.append(JobArgument("require-hash")) }
        return arguments
    }

    /// What the job that publishes is told of how images were built.
    var publishArguments: [JobArgument] { common }

    private var common: [JobArgument] {
        var arguments = substitute.map { JobArgument("substitute", $0) }
        arguments += substituteFile.map { [JobArgument("substitute-file", $0)] } ?? []
        arguments += platform.map { JobArgument("platform", $0) }
        arguments += layerType.map { JobArgument("layer-type", $0.rawValue) }
        arguments += writing.arguments
        // An engine's jobs have its environment, and not that of whoever makes the plan.
        if let epoch = sourceDateEpoch ?? Environment["SOURCE_DATE_EPOCH"] {
            arguments.append(JobArgument("source-date-epoch", epoch))
        }
        arguments += cacheFrom.map { JobArgument("cache-from", $0) }
        arguments += cacheTrust.map { JobArgument("cache-trust", $0) }
        if cacheWithCacheDirs { arguments.append(JobArgument("cache-with-cache-dirs")) }
        if cacheSkipTLS { arguments.append(JobArgument("cache-skip-tls")) }
        return arguments
    }
}
