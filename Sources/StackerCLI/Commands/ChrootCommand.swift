import ArgumentParser
import Stacker

/// `stacker chroot`: a shell, or another program, in a layer.
struct ChrootCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "chroot",
        abstract: "Run a shell, or a command, in a layer; what it changes is thrown away.",
        discussion: "The exit status is the command's.",
        aliases: ["exec"]
    )

    @Option(name: [.customShort("f"), .long], help: "The stacker file.")
    var stackerFile = "stacker.yaml"

    @Option(help: "Give a variable of the stacker file a value, as NAME=value. May be given several times.")
    var substitute: [String] = []

    @Option(help: "A YAML file of variables and values; --substitute wins over it.")
    var substituteFile: String?

    @Argument(
        parsing: .captureForPassthrough,
        help: "The layer, by default the file's first; then a command and its arguments, by default /bin/sh.")
    var words: [String] = []

    func run(in surroundings: Surroundings) throws {
        guard surroundings.isInsideNamespace else { try surroundings.enterNamespace() }
        var request = BuildRequest()
        request.recipes = [stackerFile]
        request.substitutions = substitute
        request.substituteFile = substituteFile
        let session = try LayerSession(request, in: surroundings.directories, log: surroundings.log)
        let status = try session.run(in: words.first, command())
        if status != 0 { throw ExitCode(status) }
    }

    /// A command that is one argument may be a whole line.
    private func command() throws -> [String] {
        switch words.count {
        case 0, 1: ["/bin/sh"]
        case 2: try commandWords(words[1])
        default: Array(words.dropFirst())
        }
    }
}
