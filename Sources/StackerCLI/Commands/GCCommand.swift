import ArgumentParser
import Host
import Stacker

/// `stacker gc`: removes what nothing refers to.
struct GCCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "gc",
        abstract: "Remove unpacked layers, pulled blobs, imports and left-overs that nothing refers to.",
        discussion: """
            What the last builds made stays, and is still found in the cache.

            EXAMPLES:
              stacker gc --dry-run
              stacker gc
            """
    )

    @Flag(help: "Only say what would be removed.")
    var dryRun = false

    @Flag(help: "Also remove blobs of the output layout that no stacker has written and that are not an hour old.")
    var all = false

    @Flag(help: "Print JSON.")
    var json = false

    func run(in surroundings: Surroundings) throws {
        // A user's layers have files of many ids, which can be measured and removed only where they are mapped.
        if Namespace.isNeededForFiles { try surroundings.enterNamespace() }
        var collection = try GarbageCollection(in: surroundings.directories, all: all)
        if !dryRun { try collection.remove() }
        try say(json ? collection.json(removed: !dryRun) : collection.text(removed: !dryRun))
    }
}
