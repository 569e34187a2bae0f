import ArgumentParser
import CSyscalls
import Failure
import Glibc
import Host
import LXCWrapper
import Stacker
import SystemPackage

/// The process: one error in, one exit status out.
@main
enum Main {
    static func main() {
        stacker_settle()
        // Swift's runtime looks for them by way of /proc/self/maps, and has none where it can't read that: the command would be
        // taken for a request for help. Who starts a program gives it a name at least.
        guard CommandLine.argc > 0 else {
            write(
                "error: couldn't read the command line\nhelp: mount /proc, and let this process read /proc/self/maps\n",
                to: STDERR_FILENO)
            exit(EXIT_FAILURE)
        }
        // Then at once, while the process has one thread: the kernel lets no other unshare a user namespace.
        if lxcw_is_internal(CommandLine.argc, CommandLine.unsafeArgv) {
            exit(lxcw_main(CommandLine.argc, CommandLine.unsafeArgv))
        }
        stacker_raise_descriptor_limit()
        // What a build makes must not depend on who calls it: the mode of a root directory, a script's own umask.
        umask(0o022)
        exit(run(GlobalOptions.inFront(Array(CommandLine.arguments.dropFirst()))))
    }

    /// Does what the arguments say and returns the exit status.
    @Sendable static func run(_ arguments: [String]) -> Int32 {
        var log: Log?
        var debug = arguments.contains("--debug")
        do {
            if arguments == ["--version"] {
                try say(Version.description)
                return 0
            }
            if StackerCommand.isAboutAllCommands(arguments) {
                _ = try StackerCommand.parseAsRoot(arguments)
            }
            let globals = try Globals(of: arguments)
            debug = globals.debug
            if globals.internalUserns {
                StopSignal.block()
                StopSignal.bound()
            }
            try takeOnGroup()
            log = try globals.makeLog()
            if !globals.internalUserns { log?.debug("stacker version \(Version.stacker)") }
            if arguments.isEmpty {
                try say(StackerCommand.commands)
                return 0
            }
            try StackerCommand.refuseUnknownCommand(in: arguments)
            let (config, directories) = try globals.settle()
            guard let log, let command = try command(in: arguments) else { return 0 }
            try command.run(
                in: Surroundings(
                    directories: directories, config: config, log: log, arguments: arguments,
                    isInsideNamespace: globals.internalUserns, run: run))
            return 0
        } catch {
            log?.release()
            return report(error, of: arguments, debug: debug)
        }
    }

    /// For root the group of new files is root's, whoever calls it. The process has one thread as yet.
    private static func takeOnGroup() throws {
        guard geteuid() == 0, getegid() != 0, setgid(0) != 0 else { return }
        throw Failure(
            "couldn't take on the group 0", because: Errno(rawValue: errno),
            help: "what root builds belongs to it: start stacker with that group, or with CAP_SETGID")
    }

    /// The command that the arguments name; `nil` for one that is not ours, help, which is run here.
    private static func command(in arguments: [String]) throws -> (any Command)? {
        if let command = StackerCommand.commandAlone(in: arguments) { return command }
        var parsed = try StackerCommand.parseAsRoot(arguments)
        if let command = parsed as? any Command { return command }
        // ArgumentParser says it by throwing it.
        try parsed.run()
        return nil
    }

    private static func report(_ error: any Error, of arguments: [String], debug: Bool) -> Int32 {
        // What a command ends with that has nothing to say: the status of a program that it ran.
        if let status = error as? ExitCode { return status.rawValue }
        let trouble = StackerCommand.troubleStatus(for: arguments)
        if let failures = error as? BuildFailures {
            for failure in failures.all { write(failure.report(trace: debug) + "\n", to: STDERR_FILENO) }
            return failures.exitStatus == 1 ? trouble : failures.exitStatus
        }
        if let failure = error as? Failure {
            write(failure.report(trace: debug) + "\n", to: STDERR_FILENO)
            return failure.processExitStatus == 1 ? trouble : failure.processExitStatus
        }
        // The command line is not to blame for it.
        if error.systemError != nil {
            write(Failure("\(error)").report(trace: debug) + "\n", to: STDERR_FILENO)
            return trouble
        }
        if let verdict = error as? Verdict {
            write(verdict.failure.report(trace: false) + "\n", to: STDERR_FILENO)
            return 1
        }
        // What ArgumentParser throws: a request for help or the version, or a mistake on the command line.
        if StackerCommand.exitCode(for: error) == .success {
            do {
                try say(StackerCommand.withCommandsHeading(StackerCommand.fullMessage(for: error)))
                return 0
            } catch {
                return report(error, of: arguments, debug: debug)
            }
        }
        let message = StackerCommand.message(for: error)
        write("error: \(message)\nhelp: \(StackerCommand.whereToLook(for: arguments, message))\n", to: STDERR_FILENO)
        return trouble
    }

    private static func write(_ text: String, to descriptor: Int32) {
        var text = text
        text.withUTF8 { bytes in _ = Glibc.write(descriptor, bytes.baseAddress, bytes.count) }
    }
}
