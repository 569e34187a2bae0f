import Failure

/// Several layers that failed in one build, each of its own accord.
package struct BuildFailures: Error {
    /// At least two, in the order of the recipe.
    package let all: [Failure]

    /// What the process exits with: as if the first one had been the only one.
    package var exitStatus: Int32 { all.first?.processExitStatus ?? 1 }

    /// What is to be thrown for failures: one alone is itself.
    ///
    /// - Parameter errors: in the order of the recipe.
    static func together(_ errors: [any Error]) -> (any Error)? {
        guard errors.count > 1 else { return errors.first }
        return BuildFailures(all: errors.map { $0 as? Failure ?? Failure("\($0)") })
    }
}
