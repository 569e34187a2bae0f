import ArgumentParser
import Failure
import Host
import OCI
import Stacker
import SystemPackage

/// `stacker diff`: what differs between two images, and why.
struct DiffCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Show what differs between two images, layouts or directories, and why it may.",
        discussion: """
            Each is a tag of the OCI layout, oci:DIRECTORY:TAG, docker://REGISTRY/NAME:TAG, a layout, or a directory, which \
            has a slash in its name. The exit status is 0 if they are equal, 1 if they differ, and 2 for trouble.

            EXAMPLES:
              stacker diff app oci:yesterday:app
              stacker diff oci oci-of-another-build
              stacker diff app docker://registry.example.com/app:1 --json
              stacker diff ./tree ./roots/app
              stacker diff --ignore time,history app oci:yesterday:app
            """
    )

    /// As diff(1) has it: 1 is for what differs.
    static func troubleStatus(for arguments: [String]) -> Int32 { 2 }

    @Argument(help: "What is compared: a tag, oci:DIRECTORY:TAG, docker://REGISTRY/NAME:TAG, a layout or a directory.")
    var a: String

    @Argument(help: "What it is compared with.")
    var b: String

    @OptionGroup var platform: PlatformOption

    @Flag(help: "Print JSON.")
    var json = false

    @Flag(help: "Say only whether they differ.")
    var brief = false

    @Option(
        help: ArgumentHelp(
            "Let these differ: of \(IgnoredDifference.names), with commas between them.", valueName: "list"))
    var ignore: String?

    @Option(help: "Write a page for a browser into this file, in place of the text.", completion: .file())
    var html: String?

    @Flag(help: "Speak to the registry of docker:// without verified TLS, or without any.")
    var skipTls = false

    func validate() throws {
        if json, brief { throw ValidationError("--json and --brief don't go together") }
    }

    func run(in surroundings: Surroundings) throws {
        let places = try [a, b].map { try ComparedPlace($0, in: surroundings.directories) }
        if places.contains(where: \.needsNamespace), Namespace.isNeededForFiles, Namespace.canBeEntered {
            try surroundings.enterNamespace()
        }
        try PageFile.refuseImpossible(html.map { FilePath($0) })
        var options = ImageComparison.Options()
        options.platform = try platform.value()
        options.isInsecure = skipTls
        if let ignore {
            options.ignored = try attempt("couldn't understand --ignore") { try IgnoredDifference.list(ignore) }
        }
        let comparison = try ImageComparison(
            of: places[0], and: places[1], called: (a, b), options, in: surroundings.directories, log: surroundings.log)
        if json || brief || html == nil {
            try say(json ? comparison.json() : brief ? comparison.verdict : comparison.text())
        }
        if let html { try PageFile.write(comparison.page(), to: FilePath(html)) }
        if !comparison.isEqual { throw ExitCode(1) }
    }
}
