import ArgumentParser
import Failure
import Host
import Stacker

/// `stacker clean`: removes what builds made.
struct CleanCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "clean",
        abstract: "Remove the roots, OCI and stacker directories.",
        discussion: """
            EXAMPLES:
              stacker clean
              stacker clean --work-dir /srv/build
            """
    )

    @Flag(help: ArgumentHelp("Has no effect any more: all is removed anyway.", visibility: .hidden))
    var all = false

    func run(in surroundings: Surroundings) throws {
        do {
            try surroundings.directories.clean()
        } catch let failure as Failure
            where Namespace.isNeededForFiles && [.permissionDenied, .notPermitted].contains(failure.errno)
        {
            // Layers have files of many ids, which are the user's to remove only where they are mapped.
            try surroundings.enterNamespace()
        }
    }
}
