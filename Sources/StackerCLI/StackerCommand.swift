import ArgumentParser
import Failure
import Glibc
import Host
import Stacker

/// `stacker`: what stands before the commands.
struct StackerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stacker",
        abstract: "Build OCI images from a stacker.yaml, without a daemon.",
        // liblxc is loaded for who asks: that takes as long as all else here.
        version: CommandLine.arguments.contains("--version") ? Version.description : Version.stacker,
        subcommands: [
            BuildCommand.self, RecursiveBuildCommand.self, ConvertCommand.self, PublishCommand.self,
            InspectCommand.self, CleanCommand.self, ChrootCommand.self, ExplainCommand.self, GrabCommand.self,
            MountCommand.self, UmountCommand.self, GCCommand.self, CheckCommand.self, UnprivSetupCommand.self,
            InternalGoCommand.self,
        ]
    )

    @OptionGroup(title: "Global options, before or after the command")
    var globals: GlobalOptions

    /// Refuses a command that is none, before what follows it is blamed.
    static func refuseUnknown(_ name: String?) throws {
        guard let name else { return }
        let commands = configuration.subcommands.map { $0.configuration }
        let known = commands.flatMap { [$0.commandName].compactMap(\.self) + $0.aliases } + ["help"]
        guard !known.contains(name) else { return }
        let near = nearest(to: name, in: known).map { "did you mean stacker \($0)?" }
        throw Failure("there is no command \"\(name)\"", help: near ?? "stacker --help lists the commands")
    }

    /// The command that the arguments name, read by itself: ArgumentParser takes longer for the tree of all commands than a
    /// build takes in which nothing has changed. `nil` for what is to be read as a whole: help, commands below commands, and
    /// mistakes, which only then are worded right.
    static func commandAlone(in arguments: [String]) -> (any Command)? {
        let front = GlobalOptions.prefix(of: arguments)
        let index = front.endIndex
        guard index < arguments.endIndex, !front.contains(where: GlobalOptions.isAboutItself),
            let type = configuration.subcommands.first(where: { $0.configuration.commandName == arguments[index] }),
            let command = type as? any Command.Type
        else { return nil }
        return try? command.parse(Array(arguments[(index + 1)...]))
    }

    /// The help without arguments, under the heading that scripts look for.
    static var commands: String {
        helpMessage().replacing("SUBCOMMANDS:", with: "COMMANDS:")
    }
}

/// One command: what it needs of the surroundings is handed to it.
protocol Command: ParsableCommand {
    /// Does the work.
    ///
    /// - Throws: a `Failure`, whose exit status becomes the process's.
    func run(in surroundings: Surroundings) throws
}

/// What the global options say, for every command.
struct Surroundings {
    let directories: StackerDirectories
    let log: Log
    /// All arguments of the process, for a second run of it in a namespace.
    let arguments: [String]
    /// Whether this is that second run.
    let isInsideNamespace: Bool

    /// Does the whole command in namespaces of its own instead; returns only by an error.
    func enterNamespace() throws -> Never {
        // Asked here, where uids are what the user knows them as.
        try directories.refuseForeign()
        let again = ["--internal-userns"] + arguments
        try Namespace.enter(again)
        exit(Main.run(again))
    }
}
