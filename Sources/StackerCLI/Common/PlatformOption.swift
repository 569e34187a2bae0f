import ArgumentParser
import OCI
import Recipes

/// `--platform` of commands that look at what is for several platforms.
struct PlatformOption: ParsableArguments {
    @Option(help: "What is for this platform, as linux/arm64; without it this machine's, or what there is.")
    var platform: String?

    /// The platform, if one was named.
    ///
    /// - Throws: `Failure` for a name that is none.
    func value() throws -> Platform? { try platform.map(PlatformNames.platform) }
}
