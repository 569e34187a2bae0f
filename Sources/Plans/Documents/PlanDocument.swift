import OCI

/// A plan for programs. docs/plan.schema.json says what is in it.
struct PlanDocument {
    let plan: Plan

    /// Goes up when something that was there means something else, or is gone.
    private static let version: Int64 = 1

    /// The JSON.
    var text: String {
        get throws {
            var members: [String: JSONValue] = [
                "version": .integer(Self.version), "recipes": .array(plan.recipes.map(Self.recipe)),
                "jobs": .array(jobs),
            ]
            if let publication = plan.publication { members["publish"] = publish(publication) }
            let estimate = Estimate(plan)
            if estimate.isKnown { members["estimate"] = self.estimate(estimate) }
            return try JSON.text(JSONValue.object(members)) + "\n"
        }
    }

    private static func recipe(_ recipe: PlannedRecipe) -> JSONValue {
        [
            "file": .string(recipe.file), "requires": texts(recipe.requires),
            "layers": .array(recipe.layers.map(layer)),
        ]
    }

    private static func layer(_ layer: PlannedLayer) -> JSONValue {
        var members: [String: JSONValue] = [
            "name": .string(layer.name), "tag": .string(layer.tag), "build_only": .bool(layer.isBuildOnly),
            "needs": texts(layer.needs),
        ]
        switch layer.state {
        case .here: members["state"] = "here"
        case .shared(let cache): (members["state"], members["cache"]) = ("shared", .string(cache))
        case .missing: members["state"] = "missing"
        }
        members["platform"] = layer.platform.map { .string($0) }
        members["reason"] = layer.reason.map { .string($0) }
        members["seconds"] = layer.seconds.map { .number($0) }
        return .object(members)
    }

    private var jobs: [JSONValue] {
        let jobs = plan.jobs
        let options = plan.options.arguments.map(\.word)
        return jobs.map { job in
            var members: [String: JSONValue] = [
                "name": .string(job.name), "file": .string(job.file), "rank": .integer(Int64(job.rank)),
                "needs": Self.texts(job.needs.map { jobs[$0].name }),
                "arguments": Self.texts(["build", "--stacker-file=\(job.file)"] + options),
            ]
            members["seconds"] = job.seconds.map { .number($0) }
            return .object(members)
        }
    }

    private func publish(_ publication: Publication) -> JSONValue {
        [
            "name": .string(JobName.publication),
            "arguments": Self.texts(["publish"] + publication.arguments.map(\.word)),
        ]
    }

    private func estimate(_ estimate: Estimate) -> JSONValue {
        let machines = estimate.machines
        let layers = plan.layers
        return [
            "seconds": .number(estimate.work), "unknown": .integer(Int64(estimate.unknown)),
            "machines": .integer(Int64(machines.count)), "seconds_with_machines": .number(machines.seconds),
            "critical_path": [
                "seconds": .number(estimate.shortest),
                "layers": Self.texts(estimate.criticalPath.map { layers[$0].name }),
            ],
        ]
    }

    private static func texts(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }
}
