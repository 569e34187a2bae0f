import ArgumentParser
import Failure
import Stacker

/// `stacker run`: an image, as its config says.
struct RunCommand: PassingCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run an image as its config says; what it changes is thrown away.",
        discussion: """
            User, environment, working directory, entrypoint and command are the image's. The exit status is the \
            program's; 128 and the signal's number if a signal ended it.

            The image may be a stranger's: it runs in a user namespace, for root too, so that its root is nobody on this \
            machine, and sees no files but its own. The network is the host's, and what listens there can be reached; \
            with --network none there is none.

            Options stand before the image.

            EXAMPLES:
              stacker run app                       the image app of ./oci
              stacker run app ls /                  another command
              stacker run --entrypoint "" app sh    a shell, whatever the entrypoint is
              stacker run --network none oci:images:tool
              stacker run --platform linux/arm64 app
              stacker run docker://docker.io/library/debian:12 cat /etc/os-release
            """
    )

    // Text, so that with any value it can be told to be an option that has one.
    @Option(help: "The network: host, which is the host's, or none, which is nothing but loopback.")
    var network = "host"

    @Option(help: "Run this in place of the image's entrypoint; \"\" for none.")
    var entrypoint: String?

    @OptionGroup var platform: PlatformOption

    @Flag(help: "Give it what a build's script has: for root no user namespace, and every capability.")
    var privileged = false

    @Flag(help: "Speak to the registry of docker:// without verified TLS, or without any.")
    var skipTls = false

    @Argument(help: "A tag of the OCI layout, oci:DIRECTORY:TAG, or docker://REGISTRY/NAME:TAG.")
    var image: String?

    @Argument(parsing: .captureForPassthrough, help: "A command and its arguments, in place of the image's.")
    var words: [String] = []

    var hasFirstWord: Bool { image != nil }

    func run(in surroundings: Surroundings) throws {
        guard surroundings.isInsideNamespace else { try surroundings.enterNamespace() }
        guard let image else { throw Failure("run needs an image", help: "stacker inspect lists those that there are") }
        guard ["host", "none"].contains(network) else {
            throw Failure("there is no network \(network)", help: "write --network host or --network none")
        }
        var request = RunRequest(image: image)
        request.command = Array(words.first == "--" ? words.dropFirst() : words[...])
        request.entrypoint = entrypoint
        request.isPrivileged = privileged
        request.isInsecure = skipTls
        request.platform = PlatformChoice(try platform.value())
        request.hasHostNetwork = network == "host"
        let status = try ImageRun(request, in: surroundings.directories, log: surroundings.log).run()
        if status != 0 { throw ExitCode(status) }
    }
}
