import ArgumentParser

/// Options of `explain` about what an image ships.
struct SizesOptions: ParsableArguments {
    @Flag(help: "Show what an image ships: layers, sizes, and what is wasted.")
    var sizes = false

    @Option(
        help: ArgumentHelp(
            "Show what one layer adds, changes and deletes, by directory; 0 is the lowest.", valueName: "number"))
    var layer: Int?

    @Option(help: ArgumentHelp("Write a page for browsers that shows it, in place of the text.", valueName: "file"))
    var html: String?

    @Option(
        help: ArgumentHelp(
            "Fail if more is wasted: a part of the unpacked size, as 5%, or a size, as 10MB.", valueName: "limit"))
    var failAbove: String?

    @Flag(help: "Speak to the registry of docker:// without verified TLS, or without any.")
    var skipTls = false

    /// Whether it is an image that is to be looked at.
    var areWanted: Bool { sizes || layer != nil || html != nil || failAbove != nil }
}
