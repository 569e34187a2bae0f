import ArgumentParser
import Dockerfiles
import Stacker

/// `stacker convert`: a stacker file from a Dockerfile.
struct ConvertCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "convert",
        abstract: "Make a stacker file of a Dockerfile.",
        discussion: """
            What a stacker file has no place for is a comment in it, and a warning. What can't be left out is an error \
            that names the line.

            EXAMPLES:
              stacker convert
              stacker convert -i app/Dockerfile -o app/stacker.yaml -s app/subs.yaml
              stacker build -f app/stacker.yaml --substitute-file app/subs.yaml
            """
    )

    @Option(name: [.customShort("i"), .long], help: "The Dockerfile; what it copies lies in its directory.")
    var dockerFile = "Dockerfile"

    @Option(name: [.customShort("o"), .long], help: "The stacker file to write.")
    var outputFile = "stacker.yaml"

    @Option(name: [.customShort("s"), .long], help: "The file of substitutions to write: the values of ARGs.")
    var substituteFile = "stacker-subs.yaml"

    func run(in surroundings: Surroundings) throws {
        let conversion = try Conversion(
            .init(dockerfile: dockerFile, recipe: outputFile, substitutions: substituteFile),
            in: surroundings.directories)
        for warning in conversion.warnings { surroundings.log.warn(warning) }
        try conversion.write()
    }
}
