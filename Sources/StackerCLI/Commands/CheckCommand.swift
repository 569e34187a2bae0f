import ArgumentParser
import Failure
import Host
import Stacker

/// `stacker check`: whether builds work on this machine.
struct CheckCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Find out whether this machine and the roots directory can build.",
        discussion: """
            The exit status is 1 if a build would fail.

            EXAMPLES:
              stacker check
              stacker check --roots-dir /srv/roots --json
              stacker check --platform linux/arm64,linux/s390x
            """
    )

    @Flag(help: "Mend what can be mended: switch extended inode refs of btrfs on. Needs root.")
    var fix = false

    @Flag(help: "Print JSON.")
    var json = false

    @Option(
        help: .init(
            "Say, too, whether scripts of images for these platforms run here.", valueName: "os/arch[/variant],…"))
    var platform: [String] = []

    func run(in surroundings: Surroundings) throws {
        let asked = try platforms(platform)
        if fix, !surroundings.isInsideNamespace {
            try HostCheck.fix(surroundings.directories) { surroundings.log.info($0) }
        }
        // As an ordinary user, what a build would do can be tried where it would be done.
        if Namespace.isNeededForFiles, Namespace.canBeEntered { try surroundings.enterNamespace() }
        let check = try HostCheck(surroundings.directories, mending: fix, platforms: asked)
        try say(json ? check.json() : check.text)
        if check.fails {
            throw Failure("a build would fail here", help: "the lines above that begin with fail say why")
        }
    }
}
