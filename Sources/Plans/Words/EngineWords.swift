import Failure

/// What is to be run of a plan, in words that every engine can hand on as they are.
struct EngineWords {
    /// The jobs, in build order.
    let jobs: [PlannedJob]
    /// The options of each `stacker build`, as words of a command line.
    let options: [String]
    /// The options of `stacker publish`, if there is a last job.
    let publication: [String]?
    /// The image that jobs run in, if one was named.
    let image: String?

    /// Takes them from a plan.
    ///
    /// - Throws: `Failure` for what an engine could take for something of its own, or can't do at all.
    init(_ plan: Plan, for format: PlanFormat) throws {
        jobs = plan.jobs
        options = plan.options.arguments.map(\.word)
        publication = plan.publication.map { $0.arguments.map(\.word) }
        image = plan.options.image
        if !jobs.isEmpty { try Self.refuseLosing(plan, format) }
        for job in jobs {
            guard let what = Self.fault(in: job.file, for: format) else { continue }
            throw Failure(
                "--format \(format.rawValue): the path \(quoted(job.file)) has \(what)", help: "give it another name")
        }
        for argument in plan.options.arguments + (plan.publication?.arguments ?? []) {
            guard let what = Self.fault(in: argument.word, for: format) else { continue }
            let isVariable = argument.name == "substitute"
            throw Failure(
                "--format \(format.rawValue): \(quoted(argument.word)) has \(what)",
                help: isVariable
                    ? "write the variable into a file that --substitute-file names" : "write it another way")
        }
        if let image, !Self.isReference(image) {
            throw Failure(
                "\(quoted(image)) is no image that jobs can run in",
                help: "write it as REGISTRY/NAME:TAG, with letters, digits and . _ : / @ - only")
        }
    }

    /// The words of a job's `stacker`, but for its directories.
    func build(_ job: PlannedJob) -> [String] { ["build", "--stacker-file=\(job.file)"] + options }

    /// The names of the jobs that this one waits for.
    func needs(_ job: PlannedJob) -> [String] { job.needs.map { jobs[$0].name } }

    /// The names of the jobs that nothing waits for: after them, all is done.
    var ends: [String] {
        let awaited = Set(jobs.flatMap(\.needs))
        return jobs.indices.filter { !awaited.contains($0) }.map { jobs[$0].name }
    }

    /// Each job has directories of its own: without a registry in between, nothing of it gets to another.
    private static func refuseLosing(_ plan: Plan, _ format: PlanFormat) throws {
        func addresses(_ name: String) -> Set<String> {
            Set(plan.options.arguments.filter { $0.name == name }.compactMap(\.value))
        }
        guard addresses("cache-from").isDisjoint(with: addresses("cache-to")) else { return }
        throw Failure(
            "--format \(format.rawValue): a job's layers would reach no other job",
            help:
                "name a registry that jobs both read and write: --cache-from docker://REGISTRY/NAME and --cache-to the same"
        )
    }

    /// What it is in a text that can't be handed on, if there is anything.
    private static func fault(in text: String, for format: PlanFormat) -> String? {
        if text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
            return "a line break or another control character in it, which no job could be told of"
        }
        if text.unicodeScalars.contains("\u{FFFD}") { return "bytes in it that are not UTF-8" }
        if format == .argo, text.contains("{{") {
            return "{{ in it, which Argo takes for a variable of its own wherever it stands"
        }
        return nil
    }

    private static func isReference(_ image: String) -> Bool {
        func isLetter(_ scalar: Unicode.Scalar) -> Bool {
            scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))
        }
        guard let first = image.unicodeScalars.first, isLetter(first) else { return false }
        return image.unicodeScalars.allSatisfy { isLetter($0) || "._:/@-".unicodeScalars.contains($0) }
    }
}
