import ArgumentParser
import Failure
import Plans
import Stacker

/// How images are written, where the recipe does not say it.
struct WritingOptions: ParsableArguments {
    @Option(help: "How tar layers are compressed.")
    var compression: CompressionName = .gzip

    @Option(
        help: ArgumentHelp(
            "How hard to compress: tar 1 to 12 with gzip, 1 to 19 with zstd; squashfs 1 to 22; erofs 0 to 12. With TYPE= in front, for layers of one type. May be given several times.",
            valueName: "[type=]level"))
    var compressionLevel: [String] = []

    @Flag(
        name: [.long, .customLong("no-squashfs-verity")],
        help: "Don't append a dm-verity hash tree to squashfs and erofs layers.")
    var noVerity = false

    @Flag(help: "Merge build_only layers with the image that is built on them into one layer.")
    var collapseBuildOnly = false

    @Option(help: "What the names of stacker's own annotations begin with.")
    var annotationsNamespace = "io.stackeroci"

    /// Says so of a build, whose types of layers are known.
    func apply(to request: inout BuildRequest) throws {
        try compression.apply(LevelOptions(compressionLevel), to: &request)
        request.addsVerity = !noVerity
        request.collapsesBuildOnly = collapseBuildOnly
        guard !annotationsNamespace.isEmpty else { throw Failure("--annotations-namespace is empty") }
        request.annotationsNamespace = annotationsNamespace
    }

    /// The same for another `stacker`: what is not as it is without a word.
    var arguments: [JobArgument] {
        var arguments = compressionLevel.map { JobArgument("compression-level", $0) }
        if compression != .gzip { arguments.append(JobArgument("compression", compression.rawValue)) }
        if noVerity { arguments.append(JobArgument("no-verity")) }
        if collapseBuildOnly { arguments.append(JobArgument("collapse-build-only")) }
        if annotationsNamespace != "io.stackeroci" {
            arguments.append(JobArgument("annotations-namespace", annotationsNamespace))
        }
        return arguments
    }
}
