import ArgumentParser
import OCI
import Stacker
import SystemPackage

/// What both commands that mount an image have in common.
struct MountOptions: ParsableArguments {
    @Argument(help: "The image in the OCI layout.")
    var tag: String

    @Argument(help: "The directory to mount it on.", completion: .directory)
    var directory: String

    @Flag(
        name: [.long, .customLong("writeable")],
        help: "Let it be written to; what is written is kept in memory until it is unmounted.")
    var writable = false

    @OptionGroup var platform: PlatformOption

    @Option(help: "Let it be written to, and keep what is written in this directory.", completion: .directory)
    var persist: String?

    func mount(allowingMissingVerity: Bool, in surroundings: Surroundings) throws {
        var request = MountRequest(tag: tag, target: FilePath(directory))
        request.isWritable = writable
        request.platform = PlatformChoice(try platform.value())
        request.upper = persist.map { FilePath($0) }
        request.allowsMissingVerity = allowingMissingVerity
        let layout = try Layout(at: surroundings.directories.oci, help: StackerDirectories.adviceOnMissingOutput)
        try ImageMount(request, from: layout, log: surroundings.log).run()
    }
}

/// `stacker mount`: an image as a directory.
struct MountCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "mount",
        abstract: "Mount an image of squashfs or erofs layers on a directory, read-only. Needs root.",
        discussion: """
            Layers are checked before. stacker umount takes it down.

            EXAMPLES:
              stacker mount app /mnt
              stacker mount app /mnt --writable
              stacker mount app /mnt --persist /srv/app-changes
            """
    )

    @OptionGroup var options: MountOptions

    @Flag(help: "Mount layers without a dm-verity tree, too; their digests are checked in any case.")
    var allowMissingVerity = false

    func run(in surroundings: Surroundings) throws {
        try options.mount(allowingMissingVerity: allowMissingVerity, in: surroundings)
    }
}

/// `stacker umount`: the end of it.
struct UmountCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "umount",
        abstract: "Unmount an image that stacker mount has mounted.",
        discussion: """
            EXAMPLES:
              stacker umount /mnt
            """
    )

    @Argument(help: "The directory that it is mounted on.", completion: .directory)
    var directory: String

    func run(in surroundings: Surroundings) throws {
        try ImageUnmount(FilePath(directory)).run()
    }
}
