import ArgumentParser
import Failure
import Glibc
import Stacker
import SystemPackage

/// The options before the command. They are read ahead of the rest: the log stands, and what contradicts itself is
/// refused, before any command is looked at, be it only for its help.
struct GlobalOptions: ParsableArguments {
    @Option(help: "Directory under which stacker's other directories are made.")
    var workDir: String?

    @Option(help: "Directory for stacker's cache, imports and logs. (default: .stacker)")
    var stackerDir: String?

    @Option(help: "OCI layout for the images that are built. (default: oci)")
    var ociDir: String?

    @Option(help: "Directory for root file systems. (default: roots)")
    var rootsDir: String?

    @Option(help: "File with defaults for the directories. (default: ~/.config/stacker/conf.yaml)")
    var config: String?

    @Flag(help: "Say all that helps to find a fault.")
    var debug = false

    @Flag(name: [.long, .customShort("q")], help: "Say nothing but errors.")
    var quiet = false

    @Option(help: "File to log to instead of standard error.")
    var logFile: String?

    @Flag(help: "Put the time in front of each log line.")
    var logTimestamp = false

    @Flag(inversion: .prefixedNo, help: "Show progress, also where there is no terminal; or don't, where there is one.")
    var progress: Bool?

    @Option(help: ArgumentHelp("How layers are stored; \"overlay\" is the one way.", visibility: .hidden))
    var storageType = "overlay"

    @Flag(help: .hidden)
    var internalUserns = false

    /// Options that take the next argument as their value.
    private static let valued: Set<String> = [
        "--work-dir", "--stacker-dir", "--oci-dir", "--roots-dir", "--config", "--log-file", "--storage-type",
    ]

    /// The arguments in front of the command's name: the first one that is neither an option nor an option's value.
    static func prefix(of arguments: [String]) -> ArraySlice<String> {
        var index = 0
        while index < arguments.count, arguments[index].hasPrefix("-"), arguments[index] != "--" {
            index += valued.contains(arguments[index]) ? 2 : 1
        }
        return arguments.prefix(index)
    }

    /// The log that these options ask for.
    func makeLog() throws -> Log {
        if debug && quiet { throw Failure("--debug and --quiet don't go together", help: "leave one of them out") }
        return try Log(
            level: debug ? .debug : quiet ? .quiet : .info, file: logFile.map { FilePath($0) },
            appending: internalUserns, timestamps: logTimestamp, progress: progressStyle)
    }

    private var progressStyle: Log.ProgressStyle {
        if progress == false { return .none }
        let terminal = getenv("TERM").map { String(cString: $0) } ?? "dumb"
        // A dumb terminal can't take back what it shows: it is no better than a file.
        if isatty(STDERR_FILENO) == 1, !["", "dumb"].contains(terminal) { return .bars }
        return progress == true ? .lines : .none
    }

    /// Where everything is, from these options, the config file and the defaults, in this order.
    func makeDirectories() throws -> StackerDirectories {
        guard storageType == "overlay" else {
            throw Failure("unknown storage type \"\(storageType)\"", help: "the only one is overlay")
        }
        return try StackerDirectories(
            configFile: config.map { FilePath($0) },
            workDirectory: workDir, stackerDirectory: stackerDir, ociDirectory: ociDir, rootsDirectory: rootsDir)
    }
}
