import ArgumentParser
import Failure
import Host
import Stacker
import SystemPackage

/// `stacker explain`: what a layer is put together of, or what an image ships.
struct ExplainCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Show the overlay stack of a layer, where a path in it comes from, or what an image ships.",
        discussion: """
            Works on layers that were built, that failed, and that are being built; with --sizes, --layer, --html or --fail-above \
            on images, also of other layouts and registries.

            EXAMPLES:
              stacker explain app
              stacker explain app:/etc/passwd --json
              stacker explain app --sizes
              stacker explain app --layer 1
              stacker explain app --html app.html
              stacker explain docker://docker.io/library/debian:12 --fail-above 5%
            """
    )

    /// With a limit of waste, 1 is for what wastes more.
    static func troubleStatus(for arguments: [String]) -> Int32 {
        arguments.contains { $0.prefix { $0 != "=" } == "--fail-above" } ? 2 : 1
    }

    @Argument(
        help: ArgumentHelp(
            "The layer, or a path in it, as app:/etc/passwd; for sizes an image: a tag of the OCI layout, oci:DIRECTORY:TAG, or docker://REGISTRY/NAME:TAG.",
            valueName: "layer[:path]"))
    var place: String

    @OptionGroup var sizes: SizesOptions

    @OptionGroup var platform: PlatformOption

    @Flag(help: "Print JSON.")
    var json = false

    func run(in surroundings: Surroundings) throws {
        if sizes.areWanted { return try showSizes(in: surroundings) }
        guard !place.hasPrefix("oci:"), !place.hasPrefix("docker://") else {
            throw Failure(
                "\(shown(place)) is an image, and no layer that was built here",
                help: "stacker explain \(shown(place)) --sizes says what an image ships")
        }
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

    private func showSizes(in surroundings: Surroundings) throws {
        try PageFile.refuseImpossible(sizes.html.map { FilePath($0) })
        let directories = surroundings.directories
        try ImageSizes.refuseLayers(place, in: directories)
        var request = NamedImageRequest(place)
        request.platform = PlatformChoice(try platform.value())
        request.isInsecure = sizes.skipTls
        let limit = try sizes.failAbove.map(WasteLimit.init)
        let image = try NamedImage(request, of: "explain", in: directories, log: surroundings.log)
        let shipped = try ImageSizes(of: image, timing: LastBuild(in: directories))
        if let file = sizes.html { try SizesPage(of: shipped).write(to: FilePath(file)) }
        if json {
            try say(shipped.json())
        } else if sizes.sizes || sizes.html == nil {
            try say(sizes.layer.map(shipped.text(layer:)) ?? shipped.text())
        }
        if let limit, let excess = shipped.waste(above: limit) { throw Verdict(failure: excess) }
    }
}
