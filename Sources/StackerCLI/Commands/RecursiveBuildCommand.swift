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

    @Option(name: [.customShort("d"), .long], help: "The directory to search.")
    var searchDir = "."

    @Option(
        name: [.customShort("p"), .long],
        help: "A regular expression that the absolute path of a stacker file matches.")
    var stackerFilePattern = RecipeSearch.defaultPattern

    @OptionGroup var options: BuildOptions

    func run(in surroundings: Surroundings) throws {
        let files = try RecipeSearch.files(
            below: searchDir, pattern: stackerFilePattern, in: surroundings.directories)
        try options.build(files, in: surroundings)
    }
}
