extension PlanFormat {
    /// The plan in this format, as one text that ends with a line break.
    ///
    /// - Throws: `Failure` for what must not be written, a password, and for what can't be: a name that the engine would take
    ///   for something of its own; jobs that share no cache.
    package func render(_ plan: Plan) throws -> String {
        try plan.refuseCredentials()
        switch self {
        case .text: return PlanText(plan: plan).text
        case .json: return try PlanDocument(plan: plan).text
        case .dot: return PlanDrawing(plan: plan).text
        case .make: return Makefile(words: try EngineWords(plan, for: self)).text
        case .slurm: return SlurmScript(words: try EngineWords(plan, for: self)).text
        case .gitlab: return GitLabPipeline(words: try EngineWords(plan, for: self)).text
        case .argo: return ArgoWorkflow(words: try EngineWords(plan, for: self)).text
        case .github: return try GitHubMatrix(words: try EngineWords(plan, for: self)).text
        }
    }
}
