import ArgumentParser
import Failure
import Stacker

/// `stacker`: what stands before the commands.
struct StackerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stacker",
        abstract: "Build OCI images from a stacker.yaml, without a daemon.",
        // liblxc is loaded for who asks: that takes as long as all else here.
        version: CommandLine.arguments.contains("--version") ? Version.description : Version.stacker,
        subcommands: [
            InitCommand.self, BuildCommand.self, RecursiveBuildCommand.self, ConvertCommand.self, PublishCommand.self,
            InspectCommand.self, CleanCommand.self, RunCommand.self, ChrootCommand.self, ExplainCommand.self,
            GrabCommand.self,
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
