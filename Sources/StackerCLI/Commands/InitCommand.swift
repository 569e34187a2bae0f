import ArgumentParser
import Stacker
import SystemPackage

/// `stacker init`: a recipe to begin with.
struct InitCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Write a recipe to begin with, which builds on this machine.",
        discussion: """
            It asks nothing and overwrites nothing. Without --from the image begins with busybox: from a registry if one \
            answers, else from this machine, if a static busybox is installed; else with nothing.

            EXAMPLES:
              stacker init && stacker build && stacker run app
              stacker init --from docker://docker.io/library/debian:12
              stacker init --from oci:images:base
              stacker init --from rootfs.tar
            """
    )

    @Option(
        help: "What the image begins with: docker://REGISTRY/NAME:TAG, oci:DIRECTORY:TAG, scratch, or a tar archive.")
    var from: String?

    @Flag(help: "Have builds speak to the registry of --from without verified TLS, or without any.")
    var skipTls = false

    @Option(name: [.customShort("f"), .long], help: "The file to write.")
    var stackerFile = "stacker.yaml"

    func run(in surroundings: Surroundings) throws {
        let path = FilePath(stackerFile)
        // Before anything takes time.
        try FirstRecipe.refuseExisting(path)
        let recipe = try FirstRecipe(on: from, insecure: skipTls, in: path)
        try recipe.write(to: path)
        surroundings.log.info("wrote \(path); its image begins with \(recipe.reason)")
        let file = stackerFile == "stacker.yaml" ? "" : " -f \(stackerFile)"
        surroundings.log.info("next: stacker build\(file)")
    }
}
