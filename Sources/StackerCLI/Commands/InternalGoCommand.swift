import ArgumentParser
import Host
import Stacker

/// `stacker internal-go`: the original's internals that scripts have come to call.
struct InternalGoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "internal-go", abstract: "What scripts for the original stacker call.", shouldDisplay: false,
        subcommands: [AtomfsCommand.self, CheckOverlayCommand.self, CopyCommand.self])
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

/// `stacker internal-go testsuite-check-overlay`: what test suites ask before they try more.
struct CheckOverlayCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "testsuite-check-overlay", abstract: "Find out whether overlays can be mounted here.",
        discussion: "The exit status is 50 if they can't.")

    func run(in surroundings: Surroundings) throws {
        // Where it can't be entered, the findings say why.
        if Namespace.isNeededForFiles, Namespace.canBeEntered { try surroundings.enterNamespace() }
        let check = try HostCheck(surroundings.directories, creatingRoots: true)
        for finding in check.findings where finding.status == .fail {
            surroundings.log.info("\(finding.name): \(finding.detail)")
        }
        if check.fails { throw ExitCode(50) }
    }
}

/// `stacker internal-go copy`: an image from one place to another.
struct CopyCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "copy", abstract: "Copy an image between OCI layouts and registries.")

    @Argument(help: "The image: oci:DIRECTORY:TAG or docker://REGISTRY/NAME:TAG.")
    var source: String

    @Argument(help: "Where to, in the same way.")
    var destination: String

    func run(in surroundings: Surroundings) throws {
        try ImageCopy(from: source, to: destination).run(log: surroundings.log)
    }
}
