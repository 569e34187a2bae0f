import ArgumentParser
import Failure
import Stacker
import SystemPackage

/// `stacker recursive-build`: all stacker files below a directory.
struct RecursiveBuildCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "recursive-build",
        abstract: "Find the stacker files below a directory and build their images.",
        discussion: "Files are built in the order that their prerequisites ask for."
    )

    @Option(name: [.customShort("d"), .long], help: "The directory to search.")
    var searchDir = "."

    @Option(
        name: [.customShort("p"), .long],
        help: "A regular expression that the absolute path of a stacker file matches.")
    var stackerFilePattern = RecipeSearch.defaultPattern

    @OptionGroup var options: BuildOptions

    func run(in surroundings: Surroundings) throws {
        let directories = surroundings.directories
        let search = try RecipeSearch(
            pattern: stackerFilePattern, skipping: [directories.stacker, directories.oci, directories.roots])
        let start = try FilePath.currentDirectory().pushing(FilePath(searchDir))
        let files = try search.files(below: start)
        guard !files.isEmpty else {
            throw Failure(
                "no file below \(start.lexicallyNormalized()) matches \(stackerFilePattern)",
                help: "--search-dir says where to look, --stacker-file-pattern for what")
        }
        try options.build(files.map(\.string), in: surroundings)
    }
}
