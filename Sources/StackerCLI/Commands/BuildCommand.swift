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
              stacker build --reproduce --source-date-epoch 1700000000
            """
    )

    @Option(
        name: [.customShort("f"), .long], help: "The stacker file: a path, or an http or https URL.",
        completion: .file())
    var stackerFile = "stacker.yaml"

    @OptionGroup var options: BuildOptions

    @OptionGroup var running: BuildRunOptions

    @OptionGroup var reproduction: ReproduceOptions

    static func troubleStatus(for arguments: [String]) -> Int32 { ReproduceOptions.troubleStatus(for: arguments) }

    func run(in surroundings: Surroundings) throws {
        if reproduction.reproduce { return try reproduction.run([stackerFile], options, running, in: surroundings) }
        try options.build([stackerFile], running, in: surroundings)
    }
}
