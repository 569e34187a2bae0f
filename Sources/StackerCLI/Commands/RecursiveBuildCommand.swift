import ArgumentParser
import Stacker

/// `stacker recursive-build`: all stacker files below a directory.
struct RecursiveBuildCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "recursive-build",
        abstract: "Find the stacker files below a directory and build their images.",
        discussion: """
            Files are built in the order that their prerequisites ask for.

            EXAMPLES:
              stacker recursive-build -d images
              stacker recursive-build -d images --order-only
            """
    )

    @OptionGroup var search: SearchOptions

    @OptionGroup var options: BuildOptions

    @OptionGroup var running: BuildRunOptions

    @OptionGroup var reproduction: ReproduceOptions

    static func troubleStatus(for arguments: [String]) -> Int32 { ReproduceOptions.troubleStatus(for: arguments) }

    func run(in surroundings: Surroundings) throws {
        let files = try search.files(in: surroundings)
        if reproduction.reproduce { return try reproduction.run(files, options, running, in: surroundings) }
        try options.build(files, running, in: surroundings)
    }
}
