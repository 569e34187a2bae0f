import ArgumentParser
import Glibc
import Stacker

/// `stacker chroot`: a shell, or another program, in a layer.
struct ChrootCommand: PassingCommand {
    static let configuration = CommandConfiguration(
        commandName: "chroot",
        abstract: "Run a shell, or a command, in a layer; what it changes is thrown away.",
        discussion: """
            The exit status is the command's.

            EXAMPLES:
              stacker chroot app
              stacker exec app -- ls -l /etc
              stacker chroot -f images/stacker.yaml app 'cat /etc/os-release'
            """,
        aliases: ["exec"]
    )

    @Option(name: [.customShort("f"), .long], help: "The stacker file.", completion: .file())
    var stackerFile = "stacker.yaml"

    @Option(help: "Give a variable of the stacker file a value, as NAME=value. May be given several times.")
    var substitute: [String] = []

    @Option(help: "A YAML file of variables and values; --substitute wins over it.", completion: .file())
    var substituteFile: String?

    @OptionGroup var platform: PlatformOption

    @Argument(help: "The layer; by default the file's first.")
    var layer: String?

    @Argument(
        parsing: .captureForPassthrough,
        help: ArgumentHelp("A command and its arguments; by default /bin/sh.", valueName: "command"))
    var words: [String] = []

    var hasFirstWord: Bool { layer != nil }

    func run(in surroundings: Surroundings) throws {
        guard surroundings.isInsideNamespace else { try surroundings.enterNamespace() }
        var request = BuildRequest()
        request.recipes = try recipes(surroundings.log)
        request.substitutions = substitute
        request.substituteFile = substituteFile
        let session = try LayerSession(
            request, in: layer, for: platform.value(), surroundings.directories, log: surroundings.log)
        let status = try session.run(command())
        if status != 0 { throw ExitCode(status) }
    }

    /// The stacker file. A layer that is named can be entered without it.
    private func recipes(_ log: Log) throws -> [String] {
        guard let layer, access(stackerFile, F_OK) != 0, errno == ENOENT, !stackerFile.contains("://") else {
            return [stackerFile]
        }
        log.info("couldn't find stacker file, chrooting to \(layer) as best effort")
        return []
    }

    /// A command that is one argument may be a whole line.
    private func command() throws -> [String] {
        let words = words.first == "--" ? words.dropFirst() : words[...]
        switch words.count {
        case 0: return ["/bin/sh"]
        case 1: return try commandWords(words[words.startIndex])
        default: return Array(words)
        }
    }
}
