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
            InitCommand.self, FmtCommand.self, LintCommand.self, SchemaCommand.self, BuildCommand.self,
            RecursiveBuildCommand.self, PlanCommand.self, ConvertCommand.self, PublishCommand.self, InspectCommand.self,
            DiffCommand.self, CleanCommand.self, RunCommand.self, ChrootCommand.self, ExplainCommand.self,
            GrabCommand.self,
            MountCommand.self, UmountCommand.self, GCCommand.self, CacheCommand.self, CheckCommand.self,
            UnprivSetupCommand.self,
            InternalGoCommand.self,
        ]
    )

    @OptionGroup(title: "Global options, before or after the command")
    var globals: GlobalOptions

    /// Whether the arguments ask for what completions and man pages are made of. ArgumentParser answers by throwing it, and
    /// has to see all commands, not only the options in front of one.
    static func isAboutAllCommands(_ arguments: [String]) -> Bool {
        guard let first = arguments.first?.prefix(while: { $0 != "=" }) else { return false }
        return ["--generate-completion-script", "--experimental-dump-help"].contains(first)
    }

    /// Refuses a command that is none, before what follows it is blamed; also where only its help is asked for.
    static func refuseUnknownCommand(in arguments: [String]) throws {
        guard let name = GlobalOptions.commandName(in: arguments) else { return }
        try refuseUnknown(name)
        let words = arguments.dropFirst(GlobalOptions.prefix(of: arguments).count + 1)
        guard name == "help", let subject = words.first(where: { !$0.hasPrefix("-") }) else { return }
        try refuseUnknown(subject)
    }

    private static let commandNames =
        ["help"]
        + configuration.subcommands.map { $0.configuration }.flatMap {
            [$0.commandName].compactMap(\.self) + $0.aliases
        }

    private static func refuseUnknown(_ name: String) throws {
        guard !commandNames.contains(name) else { return }
        let near = nearest(to: name, in: commandNames).map { "did you mean stacker \($0)?" }
        throw Failure(
            "there is no command \"\(name)\"",
            help: DockerWords.advice(onCommand: name) ?? near ?? "stacker --help lists the commands")
    }

    /// What a process ends with that could not do what the arguments say, unless the failure itself asks for
    /// something else than 1.
    static func troubleStatus(for arguments: [String]) -> Int32 {
        let name = GlobalOptions.commandName(in: arguments)
        let type = configuration.subcommands.first { $0.configuration.commandName == name }
        return (type as? any Command.Type)?.troubleStatus(for: arguments) ?? 1
    }

    /// What a mistaken command line may have meant, or where it is said what there is.
    ///
    /// - Parameter message: what is wrong with it.
    static func whereToLook(for arguments: [String], _ message: String) -> String {
        guard let name = GlobalOptions.commandName(in: arguments), commandNames.contains(name) else {
            return arguments.first(where: commandNames.contains).map {
                "options of \($0) stand behind it: stacker help \($0) says which there are"
            } ?? "stacker --help lists commands and options"
        }
        let words = arguments.dropFirst(GlobalOptions.prefix(of: arguments).count + 1)
        let isStray = message.lowercased().contains("unexpected argument")
        return DockerWords.advice(onWords: words, of: name, hasStray: isStray)
            ?? "stacker help \(name) says what it takes"
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

    /// The help, under the heading that scripts look for.
    static var commands: String {
        withCommandsHeading(helpMessage())
    }

    /// A text of ArgumentParser's, which calls commands otherwise.
    static func withCommandsHeading(_ text: String) -> String {
        text.replacing("SUBCOMMANDS:", with: "COMMANDS:")
            .replacing("See 'stacker help <subcommand>'", with: "See 'stacker help COMMAND'")
    }
}
