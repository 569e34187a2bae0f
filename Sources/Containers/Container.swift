import Failure
import FileTree
import Glibc
import Host
import LXCWrapper
import SystemPackage

/// How a program in a container ended.
package enum ContainerExit: Sendable, Equatable {
    /// It exited with this status, 0…255. liblxc's init turns death by signal n into 128+n, as a shell does.
    case exited(Int32)
    /// Signal n ended the container as a whole, and the program with it.
    case signaled(Int32)

    /// What a shell would report.
    package var status: Int32 {
        switch self {
        case .exited(let status): status
        case .signaled(let signal): 128 + signal
        }
    }
}

/// What came of a run.
package struct ContainerOutcome: Sendable, Equatable {
    /// How the program ended.
    package var exit: ContainerExit
    /// The program left processes in the background, which had two seconds and then were ended. Worth a warning.
    package var endedBackgroundProcesses: Bool
}

/// Runs programs in LXC containers.
package enum Container {
    /// Runs `arguments` in a container to the end, blocking the calling thread.
    ///
    /// Nothing of it is left afterwards: no process, mount, control group or file, except for the log and what the
    /// program changed in the upperdir. On a stop signal (``StopSignal``), or a cancellation, the container is ended at once.
    ///
    /// - Parameters:
    ///   - cancellation: ends it.
    ///   - executable: the binary that answers `internal-lxc`; the running one if `nil`. For tests.
    /// - Throws: `Failure` if the container could not be started, if the program could not be executed, or on a stop;
    ///   `Cancelled`.
    package static func run(
        _ config: ContainerConfig, _ arguments: [String], until cancellation: Cancellation? = nil,
        executable: FilePath? = nil
    ) throws -> ContainerOutcome {
        guard let program = arguments.first, !config.lowerdirs.isEmpty else {
            throw Failure("a container needs a program and at least one lowerdir")
        }
        let result = try result(of: config, arguments, cancellation, executable)
        if result.exec_errno != 0 {
            throw Failure(
                "couldn't execute \(program) in the container", because: Errno(rawValue: result.exec_errno),
                help: advice(on: result.exec_errno, program),
                exitStatus: result.exec_errno == ENOENT ? 127 : 126)
        }
        guard result.started else { throw startFailure(result, config) }
        return ContainerOutcome(
            exit: .exited(result.exit_status), endedBackgroundProcesses: result.ended_processes)
    }

    /// Sets a container up as ``run(_:_:executable:)`` does, to the point where its program would be executed, which isn't
    /// there.
    ///
    /// - Throws: `Failure` if the container could not be started, or on a stop.
    package static func tryToStart(_ config: ContainerConfig) throws {
        let result = try result(of: config, ["/nothing"], nil, nil)
        guard result.started || result.exec_errno != 0 else { throw startFailure(result, config) }
    }

    private static func result(
        of config: ContainerConfig, _ arguments: [String], _ cancellation: Cancellation?, _ executable: FilePath?
    ) throws -> lxcw_result {
        try cancellation?.check() ?? StopSignal.check()
        var config = config
        config.logFile = try config.logFile.absolute()
        // liblxc follows no symlink to the place where it mounts a root.
        config.rootfsMount = try attempt("couldn't find \(config.rootfsMount)") { try config.rootfsMount.resolved() }
        config.lowerdirs = unique(config.lowerdirs)
        let owner = config.rights.namespace?.root
        try LXCLog.start(config.logFile, owner: owner)

        let result = try attempt("couldn't run a container") {
            try ContainerDirectory.with(for: config) { directory in
                let text = try config.text(
                    directory: directory.path, disableAppArmor: AppArmor.mustBeDisabled(),
                    console: config.terminal && isatty(STDIN_FILENO) == 1)
                let file = try directory.write(text.file)
                try directory.give(to: owner)
                let pumps = try OutputPumps(config.terminal ? .inherited : config.output)
                let result = Result {
                    try start(text, arguments, directory, file, config, pumps.descriptors, cancellation, executable)
                }
                try pumps.finish { StopSignal.pending != nil || cancellation?.isCancelled ?? false }
                return try result.get()
            }
        }
        if result.stop_signal != 0 { try cancellation?.check() }
        try StopSignal.check(result.stop_signal)
        return result
    }

    private static func advice(on error: Int32, _ program: String) -> String? {
        if error == ENOEXEC {
            return "the image has it for another kind of processor than this machine's, and no handler of binfmt_misc "
                + "runs it, or it is no program: stacker check --platform says what runs here"
        }
        guard error == ENOENT else { return nil }
        return program.contains("/")
            ? "the image lacks it, or what it needs to run: the interpreter that its first line names, or its loader"
            : "command not found: no directory of PATH in the image has it, or what it needs to run is missing"
    }

    /// Each directory once, where it is topmost. An image may have a layer twice, the empty one often; overlayfs refuses
    /// ("conflicting lowerdir path"), and the lower one shows nothing that the upper one does not show already.
    static func unique(_ lowerdirs: [FilePath]) -> [FilePath] {
        var seen: Set<FileIdentity> = []
        return lowerdirs.filter { path in
            // What is missing stays, for the mount to complain of.
            guard let status = try? FileStatus(at: path) else { return true }
            return seen.insert(status.identity).inserted
        }
    }

    private static func start(
        _ text: ContainerConfig.Text, _ arguments: [String], _ directory: ContainerDirectory, _ file: FilePath,
        _ config: ContainerConfig, _ output: (output: Int32, error: Int32), _ cancellation: Cancellation?,
        _ executable: FilePath?
    ) throws -> lxcw_result {
        var result = lxcw_result()
        let status = try withCStrings(arguments) { argv in
            try withCStrings(text.environment) { environment in
                directory.name.withCString { name in
                    directory.path.withPlatformString { path in
                        file.withPlatformString { file in
                            directory.path.appending(ContainerDirectory.sys).withPlatformString { sys in
                                withOptionalPlatformString(executable) { executable in
                                    var container = lxcw_container(
                                        executable: executable, name: name, directory: path, config: file, sys: sys,
                                        environment: environment,
                                        user_namespace: config.rights.namespace?.file.number ?? -1,
                                        no_network: !config.rights.hasHostNetwork, terminal: config.terminal,
                                        cancellation: cancellation?.file.number ?? -1,
                                        umask: config.umask, processors: UInt32(config.processors ?? 0),
                                        output: output.output, error: output.error, argv: argv)
                                    return lxcw_run(&container, &result)
                                }
                            }
                        }
                    }
                }
            }
        }
        withExtendedLifetime((config, cancellation)) {}
        try checked(status)
        return result
    }

    /// Why there was no container: what our own code said, and what liblxc logged first, which is nearest the cause.
    private static func startFailure(_ result: lxcw_result, _ config: ContainerConfig) -> Failure {
        let errors = LXCLog.errors(in: config.logFile)
        var result = result
        let message = withUnsafePointer(to: &result.message) { tuple in
            tuple.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        let cause = errors.first.map { Failure(LXCLog.brief($0.message), help: LXCLog.advice(for: errors)) }
        guard let cause else { return Failure(message, help: LXCLog.advice(for: message)) }
        do {
            return Failure(message, because: cause, help: "liblxc's log is \(try LXCLog.keep(config))")
        } catch {
            // Nothing but the log is lost. What is known of it is said.
            return Failure(message, because: cause, help: "\(error)")
        }
    }
}

private func withOptionalPlatformString<Result>(
    _ path: FilePath?, _ body: (UnsafePointer<CChar>?) -> Result
) -> Result {
    guard let path else { return body(nil) }
    return path.withPlatformString { body($0) }
}
