import ArgumentParser
import Stacker

/// `stacker cache`: housekeeping in shared caches.
struct CacheCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cache",
        abstract: "Look after a shared cache: what is in it, and what goes.",
        discussion: """
            A shared cache is a repository that builds name with --cache-from and --cache-to. Only what stackers have put \
            there is ever removed, and the registry must allow that.

            EXAMPLES:
              stacker cache ls docker://example.com/cache
              stacker cache prune docker://example.com/cache --older-than 30d --dry-run
              stacker cache rm docker://example.com/cache --layer app
            """,
        subcommands: [CacheListCommand.self, CacheRemoveCommand.self, CachePruneCommand.self]
    )
}

/// Which cache.
struct CachePlace: ParsableArguments {
    @Argument(help: "The cache: docker://REGISTRY/NAME.")
    var url: String

    @Flag(help: "Speak to the registry without verified TLS, or without any.")
    var skipTls = false

    func care(_ command: String, _ surroundings: Surroundings) throws -> CacheCare {
        try CacheCare(url, of: "stacker cache \(command)", skipsTLS: skipTls, log: surroundings.log)
    }
}

/// `stacker cache ls`: what is in a shared cache.
struct CacheListCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "ls",
        abstract: "List the entries of a shared cache.",
        discussion: """
            EXAMPLES:
              stacker cache ls docker://example.com/cache
              stacker cache ls docker://example.com/cache --format json
            """
    )

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, json
    }

    @OptionGroup var place: CachePlace

    @Option(help: "As what it is printed.")
    var format = Format.text

    func run(in surroundings: Surroundings) throws {
        let listing = try place.care("ls", surroundings).list()
        try say(format == .json ? listing.json() : listing.text())
    }
}

/// `stacker cache rm`: takes entries out of a shared cache.
struct CacheRemoveCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "rm",
        abstract: "Remove entries from a shared cache.",
        discussion: """
            EXAMPLES:
              stacker cache rm docker://example.com/cache --layer app --layer tools
              stacker cache rm docker://example.com/cache KEY
            """
    )

    @OptionGroup var place: CachePlace

    @Argument(help: "Keys of entries, as ls has them.")
    var key: [String] = []

    @Option(help: "A layer, whose entries all go. May be given several times.")
    var layer: [String] = []

    @Flag(help: "Only say what would be removed.")
    var dryRun = false

    func run(in surroundings: Surroundings) throws {
        let removal = try place.care("rm", surroundings).remove(keys: key, layers: layer, isTrial: dryRun)
        try say(removal.text())
        // What was asked for by name and stays is no success.
        try removal.requireAll()
    }
}

/// `stacker cache prune`: removes what nobody has used for long.
struct CachePruneCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "prune",
        abstract: "Remove what was not used for long from a shared cache.",
        discussion: """
            With both limits, entries that are too old go first, then the least recently used until the rest is small enough.

            EXAMPLES:
              stacker cache prune docker://example.com/cache --older-than 30d --dry-run
              stacker cache prune docker://example.com/cache --keep-size 50G
            """
    )

    @OptionGroup var place: CachePlace

    @Option(help: ArgumentHelp("Remove what was not used for so long: 90m, 12h, 30d or 4w.", valueName: "age"))
    var olderThan: String?

    @Option(
        help: ArgumentHelp(
            "Remove the least recently used until the rest has no more bytes: 500M, 50G or 2T.", valueName: "size"))
    var keepSize: String?

    @Flag(help: "Only say what would be removed.")
    var dryRun = false

    func run(in surroundings: Surroundings) throws {
        let limits = try PruneLimits(olderThan: olderThan, keepSize: keepSize)
        try say(place.care("prune", surroundings).prune(limits, isTrial: dryRun).text())
    }
}
