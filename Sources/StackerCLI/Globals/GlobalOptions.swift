import ArgumentParser

/// The options of every command, before its name or after it. They are read ahead of the rest: the log stands, and what
/// contradicts itself is refused, before any command is looked at, be it only for its help.
struct GlobalOptions: ParsableArguments {
    @Option(
        name: .of(.workDir), help: "Directory under which stacker's other directories are made.", completion: .directory
    )
    var workDir: String?

    @Option(
        name: .of(.stackerDir), help: "Directory for stacker's cache, imports and logs. (default: .stacker)",
        completion: .directory)
    var stackerDir: String?

    @Option(
        name: .of(.ociDir), help: "OCI layout for the images that are built. (default: oci)", completion: .directory)
    var ociDir: String?

    @Option(name: .of(.rootsDir), help: "Directory for root file systems. (default: roots)", completion: .directory)
    var rootsDir: String?

    @Option(
        name: .of(.config), help: "File with defaults for the directories. (default: ~/.config/stacker/conf.yaml)",
        completion: .file())
    var config: String?

    @Flag(name: .of(.debug), help: "Say all that helps to find a fault.")
    var debug = false

    @Flag(name: .of(.quiet), help: "Say nothing but errors.")
    var quiet = false

    @Option(name: .of(.logFile), help: "File to log to instead of standard error.", completion: .file())
    var logFile: String?

    @Flag(name: .of(.logTimestamp), help: "Put the time in front of each log line.")
    var logTimestamp = false

    @Flag(
        name: .of(.progress), inversion: .prefixedNo,
        help: "Show progress, also where there is no terminal; or don't, where there is one.")
    var progress: Bool?

    @Option(
        name: .of(.storageType),
        help: ArgumentHelp("How layers are stored; \"overlay\" is the one way.", visibility: .hidden))
    var storageType = "overlay"

    @Flag(name: .of(.internalUserns), help: .hidden)
    var internalUserns = false

    /// ArgumentParser sets no property that has no key: an option that the list of them lacks can't be read.
    typealias CodingKeys = GlobalName
}

extension NameSpecification {
    fileprivate static func of(_ option: GlobalName) -> NameSpecification {
        NameSpecification([.customLong(option.long)] + (option.short.map { [.customShort($0)] } ?? []))
    }
}
