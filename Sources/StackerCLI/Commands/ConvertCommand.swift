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
            that names the line. Files that somebody has written or edited are left alone.

            EXAMPLES:
              stacker convert
              stacker convert -i app/Dockerfile -o app/stacker.yaml -s app/subs.yaml
              stacker build -f app/stacker.yaml --substitute-file app/subs.yaml
            """
    )

    @Option(
        name: [.customShort("i"), .long], help: "The Dockerfile; what it copies lies in its directory.",
        completion: .file())
    var dockerFile = Conversion.Files.usual.dockerfile

    @Option(name: [.customShort("o"), .long], help: "The stacker file to write.", completion: .file())
    var outputFile = Conversion.Files.usual.recipe

    @Option(
        name: [.customShort("s"), .long], help: "The file of substitutions to write: the values of ARGs.",
        completion: .file())
    var substituteFile = Conversion.Files.usual.substitutions

    @Flag(help: "Replace both files, also where somebody has written or edited them.")
    var force = false

    func run(in surroundings: Surroundings) throws {
        let files = Conversion.Files(dockerfile: dockerFile, recipe: outputFile, substitutions: substituteFile)
        let conversion = try Conversion(files, in: surroundings.directories)
        for warning in conversion.warnings { surroundings.log.warn(warning) }
        try conversion.write(replacing: force)
        surroundings.log.info("wrote \(outputFile) and \(substituteFile)")
        surroundings.log.info("next: \(files.buildCommand)")
    }
}
