/// A plan as a child pipeline of GitLab CI.
///
/// Whatever is not ours is the value of a variable that GitLab doesn't expand, and that the script's shell has in double
/// quotes.
struct GitLabPipeline {
    let words: EngineWords

    /// The file.
    var text: String {
        let ranks = (words.jobs.map(\.rank).max() ?? -1) + 1
        let stages = (0..<ranks).map(Self.stage) + (words.publication == nil ? [] : [JobName.publication])
        var jobs = words.jobs.map { ($0.name, job($0)) }
        if let publication = words.publication { jobs.append((JobName.publication, publish(publication))) }
        // GitLab refuses a pipeline without jobs.
        if jobs.isEmpty {
            jobs.append(
                ("nothing-to-build", .fields(["script": ["true"], "variables": .fields(["GIT_STRATEGY": "none"])])))
        }
        let head: [(key: String, value: YAMLText)] = [
            ("stages", .list((stages.isEmpty ? ["test"] : stages).map { .text($0) })),
            ("default", defaults),
            ("variables", variables(words.options, named: Self.option)),
            (Self.build, .fields(["script": [.text("\(Self.stacker) build \(buildWords)")]])),
        ]
        return "# What stacker plan has found to be built: a child pipeline.\n" + YAMLText.map(head + jobs).document
    }

    private var defaults: YAMLText {
        .fields([
            "image": words.image.map { .fields(["name": .text($0), "entrypoint": [""]]) },
            // What is no fault of the build: that it is run once more costs nothing that a cache has.
            "retry": .fields(["max": 2, "when": ["runner_system_failure", "stuck_or_timeout_failure"]]),
            "after_script": [
                .text("\(Self.stacker) clean"),
                .text("rmdir \"\(Self.work)\""),
            ],
        ])
    }

    private func job(_ job: PlannedJob) -> YAMLText {
        let needs = words.needs(job)
        return .fields([
            "extends": .text(Self.build),
            "stage": .text(Self.stage(job.rank)),
            // Without `needs`, a job waits for all earlier stages.
            "needs": needs.count > Self.mostNeeds
                ? nil : .list(needs.map { .fields(["job": .text($0), "artifacts": false]) }),
            "dependencies": needs.count > Self.mostNeeds ? [] : nil,
            "variables": .map([(Self.file, Self.raw(job.file))]),
        ])
    }

    private var buildWords: String { "--stacker-file=\"$\(Self.file)\"" + references(words.options, Self.option) }

    private func publish(_ arguments: [String]) -> YAMLText {
        .fields([
            "stage": .text(JobName.publication),
            "dependencies": [],
            "variables": variables(arguments, named: Self.publishOption),
            "script": [.text("\(Self.stacker) publish" + references(arguments, Self.publishOption))],
        ])
    }

    private func variables(_ words: [String], named name: String) -> YAMLText {
        .map(words.enumerated().map { (key: "\(name)_\($0 + 1)", value: Self.raw($1)) })
    }

    private func references(_ words: [String], _ name: String) -> String {
        words.indices.map { " \"$\(name)_\($0 + 1)\"" }.joined()
    }

    /// A value that stays as it is (GitLab 15.6).
    private static func raw(_ value: String) -> YAMLText { .fields(["value": .text(value), "expand": false]) }

    private static func stage(_ rank: Int) -> String { "rank-\(rank + 1)" }

    /// What GitLab takes of `needs` unless its administrator allows more.
    private static let mostNeeds = 50

    /// What all jobs have in common, said once: a pipeline may have a megabyte.
    private static let build = ".build"
    private static let file = "STACKER_PLAN_FILE"
    private static let option = "STACKER_PLAN_OPTION"
    private static let publishOption = "STACKER_PLAN_PUBLISH"

    /// Runners may work on several jobs in one directory, one after the other, and keep what is in it.
    private static let work = ".stacker-plan-$CI_JOB_ID"
    private static let stacker =
        "stacker --stacker-dir=\"\(work)/stacker\" --oci-dir=\"\(work)/oci\" --roots-dir=\"\(work)/roots\""
}
