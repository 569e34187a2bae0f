import ArgumentParser
import Stacker

/// `stacker build`: one stacker file and what it requires.
struct BuildCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "build",
        abstract: "Build the images of a stacker file.",
        discussion: """
            What has not changed since the last build is taken from the cache.

            EXAMPLES:
              stacker build
              stacker build -f images/stacker.yaml --substitute VERSION=1.2
              stacker build --layer-type squashfs --layer-type tar --shell-fail
            """
    )

    @Option(
        name: [.customShort("f"), .long], help: "The stacker file: a path, or an http or https URL.",
        completion: .file())
    var stackerFile = "stacker.yaml"

    @OptionGroup var options: BuildOptions

    func run(in surroundings: Surroundings) throws {
        try options.build([stackerFile], in: surroundings)
    }
}
