import Host
import Stacker

/// What the global options say, for every command.
struct Surroundings {
    let directories: StackerDirectories
    let config: ConfigFile
    let log: Log
    /// All arguments of the process, for a second run of it in a namespace.
    let arguments: [String]
    /// Whether this is that second run.
    let isInsideNamespace: Bool
    /// Does what arguments say and returns the exit status, as the process does with its own.
    let run: @Sendable (_ arguments: [String]) -> Int32

    /// Does the whole command in namespaces of its own instead; returns only by an error.
    func enterNamespace() throws -> Never {
        // Asked here, where uids are what the user knows them as.
        try directories.refuseForeign()
        try Namespace.enter(["--internal-userns"] + arguments, running: run)
    }
}
