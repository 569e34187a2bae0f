import ArgumentParser

/// One command: what it needs of the surroundings is handed to it.
protocol Command: ParsableCommand {
    /// Does the work.
    ///
    /// - Throws: a `Failure`, whose exit status becomes the process's.
    func run(in surroundings: Surroundings) throws
}
