/// What an engine runs by itself: the `stacker build` of one file.
package struct PlannedJob: Sendable, Equatable {
    /// What engines call it: ASCII letters, digits and `-`, beginning with a letter, at most 50 characters. No other job of
    /// the plan has it.
    package let name: String
    /// The stacker file.
    package let file: String
    /// The places, in ``Plan/jobs``, of the jobs that must have succeeded before it, all of which are before its own. What
    /// one of them waits for is not named again.
    package let needs: [Int]
    /// How many jobs one after the other come before it at least.
    package let rank: Int
    /// How long the layers that it builds took when they were last built, one after the other, in seconds; `nil` if that is
    /// known of none of them.
    package let seconds: Double?
}

extension Plan {
    /// The jobs, in build order: one for each recipe of which something must be built, or for each of all.
    ///
    /// A job waits for the jobs of the recipes that its own requires and that its layers need something of, also by way of
    /// recipes that have none.
    package var jobs: [PlannedJob] {
        var files: [String: Int] = [:]
        var owners: [String: Int] = [:]
        // For each recipe, the jobs that whoever needs it waits for: its own, or else those that it would wait for.
        var awaited: [Set<Int>] = []
        var jobs: [(recipe: PlannedRecipe, needs: [Int])] = []
        for (place, recipe) in recipes.enumerated() {
            let needed =
                recipe.requires.compactMap { files[$0] } + recipe.layers.flatMap(\.needs).compactMap { owners[$0] }
            let before = Set(needed).reduce(into: Set<Int>()) { $0.formUnion(awaited[$1]) }
            if includesCached || recipe.isMissing {
                awaited.append([jobs.count])
                jobs.append((recipe, before.sorted()))
            } else {
                awaited.append(before)
            }
            files[recipe.file] = place
            for layer in recipe.layers { owners[layer.name] = place }
        }
        var ranks: [Int] = []
        return zip(jobs, Needs(direct: jobs.map(\.needs)).reduced).map { job, needs in
            let times = job.recipe.layers.filter { $0.state == .missing }.compactMap(\.seconds)
            ranks.append(needs.map { ranks[$0] + 1 }.max() ?? 0)
            return PlannedJob(
                name: JobName.of(job.recipe.file, number: ranks.count), file: job.recipe.file, needs: needs,
                rank: ranks[ranks.count - 1], seconds: times.isEmpty ? nil : times.reduce(0, +))
        }
    }
}
