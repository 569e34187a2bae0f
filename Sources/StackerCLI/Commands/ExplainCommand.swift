import ArgumentParser
import Host
import Stacker

/// `stacker explain`: what a layer is put together of.
struct ExplainCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Show the overlay stack of a layer, or where a path in it comes from.",
        discussion: """
            Works on layers that were built, that failed, and that are being built.

            EXAMPLES:
              stacker explain app
              stacker explain app:/etc/passwd --json
            """
    )

    @Argument(help: ArgumentHelp("The layer, or a path in it, as app:/etc/passwd.", valueName: "layer[:path]"))
    var place: String

    @OptionGroup var platform: PlatformOption

    @Flag(help: "Print JSON.")
    var json = false

    func run(in surroundings: Surroundings) throws {
        // A user's own layers have files of many owners. Another's are shown as far as they can be read.
        if Namespace.isNeededForFiles, Namespace.canBeEntered, surroundings.directories.areOwn {
            try surroundings.enterNamespace()
        }
        let place = try ExplainedPlace(place)
        let layer = try ExplainedLayer(place.layer, for: platform.value(), in: surroundings.directories)
        if let path = place.path {
            let explanation = try PathExplanation(of: path, in: layer)
            try say(json ? explanation.json() : explanation.text())
        } else {
            let explanation = try StackExplanation(of: layer)
            try say(json ? explanation.json() : explanation.text())
        }
    }
}
