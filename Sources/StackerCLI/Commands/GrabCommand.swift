import ArgumentParser
import Host
import Stacker

/// `stacker grab`: a file out of a layer.
struct GrabCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "grab",
        abstract: "Copy a file or directory out of a layer into the working directory.",
        discussion: """
            It gets its last name. No container is started.

            EXAMPLES:
              stacker grab app:/usr/bin/tool
            """
    )

    @Argument(help: ArgumentHelp("The path in the layer, as app:/etc/passwd.", valueName: "layer:path"))
    var place: String

    @OptionGroup var platform: PlatformOption

    func run(in surroundings: Surroundings) throws {
        if Namespace.isNeededForFiles { try surroundings.enterNamespace() }
        try Grab(
            ExplainedPlace(place), for: platform.value(), in: surroundings.directories, log: surroundings.log
        ).run()
    }
}
