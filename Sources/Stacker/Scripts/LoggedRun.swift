import Containers

extension Container {
    /// Runs a program, and tells the log, at level debug, what liblxc has found wrong.
    static func run(_ config: ContainerConfig, _ arguments: [String], telling log: Log) throws -> ContainerOutcome {
        defer {
            if log.level == .debug {
                for entry in LXCLog.errors(in: config.logFile) {
                    log.debug("liblxc: ERROR \(entry.origin): \(entry.message)")
                }
            }
        }
        return try run(config, arguments)
    }
}
