import Containers
import Host

extension Container {
    /// Runs a program, with no lines of progress where it writes by itself, and tells the log, at level debug, what liblxc has
    /// found wrong.
    static func run(
        _ config: ContainerConfig, _ arguments: [String], until cancellation: Cancellation? = nil, telling log: Log
    ) throws -> ContainerOutcome {
        defer {
            if log.level == .debug {
                for entry in LXCLog.errors(in: config.logFile) {
                    log.debug("liblxc: ERROR \(entry.origin): \(entry.message)")
                }
            }
        }
        func begin() throws -> ContainerOutcome { try run(config, arguments, until: cancellation) }
        return config.terminal || config.output.isInherited
            ? try log.standardFiles.whileProgramWrites(begin) : try begin()
    }
}
