import ArgumentParser
import OCI
import Stacker

/// `stacker inspect`: what is in the output layout.
struct InspectCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Show the images that were built: layers, annotations, config.",
        discussion: """
            EXAMPLES:
              stacker inspect
              stacker inspect app --json
            """
    )

    @Argument(help: "The image to show; all of them if none is named.")
    var tag: String?

    @Flag(help: "Print JSON.")
    var json = false

    func run(in surroundings: Surroundings) throws {
        let inspection = try Inspection(of: Layout(at: surroundings.directories.oci), tag: tag)
        try say(json ? inspection.json() : inspection.text())
    }
}
