import ArgumentParser
import Stacker

/// Which stacker files are meant by commands that take all below a directory.
struct SearchOptions: ParsableArguments {
    @Option(name: [.customShort("d"), .long], help: "The directory to search.", completion: .directory)
    var searchDir = "."

    @Option(
        name: [.customShort("p"), .long],
        help: "A regular expression that the absolute path of a stacker file matches.")
    var stackerFilePattern = RecipeSearch.defaultPattern

    /// The files, named as the user would.
    func files(in surroundings: Surroundings) throws -> [String] {
        try RecipeSearch.files(below: searchDir, pattern: stackerFilePattern, in: surroundings.directories)
    }
}
