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
              stacker inspect app --platform linux/arm64
            """
    )

    @Argument(help: "The image to show; all of them if none is named.")
    var tag: String?

    @OptionGroup var platform: PlatformOption

    @Flag(help: "Print JSON.")
    var json = false

    func run(in surroundings: Surroundings) throws {
        let layout = try Layout(at: surroundings.directories.oci, help: StackerDirectories.adviceOnMissingOutput)
        let inspection = try Inspection(of: layout, tag: tag, platform: platform.value())
        try say(json ? inspection.json() : inspection.text())
    }
}
