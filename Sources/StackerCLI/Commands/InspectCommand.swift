import ArgumentParser
import Failure
import OCI
import Stacker
import SystemPackage

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
              stacker inspect --html images.html
            """
    )

    @Argument(help: "The image to show; all of them if none is named.")
    var tag: String?

    @OptionGroup var platform: PlatformOption

    @Flag(help: "Print JSON.")
    var json = false

    @Option(help: ArgumentHelp("Write a page for browsers that shows what the images ship.", valueName: "file"))
    var html: String?

    func run(in surroundings: Surroundings) throws {
        try PageFile.refuseImpossible(html.map { FilePath($0) })
        if let tag, tag.hasPrefix("oci:") || tag.hasPrefix("docker://") {
            throw Failure(
                "\(shown(tag)) is not in the output layout, which inspect is about",
                help: "stacker explain \(shown(tag)) --sizes says what the image ships; "
                    + "stacker --oci-dir DIRECTORY inspect is for another layout")
        }
        let layout = try Layout(at: surroundings.directories.oci, help: StackerDirectories.adviceOnMissingOutput)
        let inspection = try Inspection(of: layout, tag: tag, platform: platform.value())
        guard let html else { return try say(json ? inspection.json() : inspection.text()) }
        let sizes = try LayoutSizes(
            of: inspection, in: surroundings.directories, log: surroundings.log)
        try sizes.page().write(to: FilePath(html))
        if json { try say(inspection.json()) }
    }
}
