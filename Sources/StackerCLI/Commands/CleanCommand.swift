import ArgumentParser
import Stacker

/// `stacker clean`: removes what builds made.
struct CleanCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "clean",
        abstract: "Remove the roots, OCI and stacker directories."
    )

    @Flag(help: ArgumentHelp("Has no effect any more: all is removed anyway.", visibility: .hidden))
    var all = false

    func run(in surroundings: Surroundings) throws {
        try surroundings.directories.clean()
    }
}
