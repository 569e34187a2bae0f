import ArgumentParser
import Stacker

/// `stacker unpriv-setup`: what root does once for a user who is to build without root.
struct UnprivSetupCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "unpriv-setup",
        abstract: "Let a user build without root: id ranges, and stacker's directories. Needs root.",
        discussion: """
            Ranges are added to /etc/subuid and /etc/subgid where the user has none.

            EXAMPLES:
              sudo stacker unpriv-setup
              stacker unpriv-setup --username ci --roots-dir /srv/ci/roots
            """
    )

    @Option(help: "The user. (default: who called sudo)")
    var username: String?

    @Option(help: "The user, by number.")
    var uid: UInt32?

    @Option(help: "The group that the directories get. (default: the user's own)")
    var gid: UInt32?

    func run(in surroundings: Surroundings) throws {
        try UnprivilegedSetup(username: username, uid: uid, gid: gid).run(surroundings.directories) {
            surroundings.log.info($0)
        }
    }
}
