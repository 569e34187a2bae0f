import ArgumentParser

/// `stacker internal-go`: the original's internals that scripts have come to call.
struct InternalGoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "internal-go", abstract: "What scripts for the original stacker call.", shouldDisplay: false,
        subcommands: [AtomfsCommand.self])
}

/// `stacker internal-go atomfs`: the two commands under their old names.
struct AtomfsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "atomfs", abstract: "Mount and unmount images.",
        subcommands: [AtomfsMountCommand.self, UmountCommand.self])
}

/// `stacker internal-go atomfs mount`: as the original, it takes layers without a dm-verity tree.
struct AtomfsMountCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "mount", abstract: "Mount an image of squashfs or erofs layers on a directory.")

    @OptionGroup var options: MountOptions

    func run(in surroundings: Surroundings) throws {
        try options.mount(allowingMissingVerity: true, in: surroundings)
    }
}
