import ArgumentParser

/// The options of every command, before its name or after it. They are read ahead of the rest: the log stands, and what
/// contradicts itself is refused, before any command is looked at, be it only for its help.
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

    /// Options that take none.
    private static let flags: Set<String> = [
        "--debug", "--quiet", "-q", "--log-timestamp", "--progress", "--no-progress",
    ]

    /// The arguments with the global options that stand after the command moved to its front, where they win over those
    /// that stand there: what is read from the front is read from all.
    ///
    /// What follows `--`, or the layer in which a command is run, is none of ours.
    static func inFront(_ arguments: [String]) -> [String] {
        let front = prefix(of: arguments)
        guard front.endIndex < arguments.endIndex else { return arguments }
        var moved: [String] = []
        var rest = [arguments[front.endIndex]]
        let endsAtWord = ["chroot", "exec"].contains(rest[0])
        var index = front.endIndex + 1
        while index < arguments.endIndex, arguments[index] != "--" {
            let argument = arguments[index]
            let name = argument.prefix { $0 != "=" }
            if endsAtWord, !argument.hasPrefix("-") { break }
            index += 1
            if flags.contains(argument) || valued.contains(String(name)) && name != argument {
                moved.append(argument)
            } else if valued.contains(argument), index < arguments.endIndex {
                moved += [argument, arguments[index]]
                index += 1
            } else if argument.hasPrefix("-q") {
                // Short options in one word, as -qf FILE.
                moved.append("-q")
                rest.append("-\(argument.dropFirst(2))")
            } else {
                rest.append(argument)
                // The value of an option of chroot's is not the layer.
                if endsAtWord, valuedOfChroot.contains(argument), index < arguments.endIndex {
                    rest.append(arguments[index])
                    index += 1
                }
            }
        }
        return front + moved + rest + arguments[index...]
    }

    private static let valuedOfChroot: Set<String> = ["-f", "--stacker-file", "--substitute", "--substitute-file"]

    /// The arguments in front of the command's name: the first one that is neither an option nor an option's value.
    static func prefix(of arguments: [String]) -> ArraySlice<String> {
        var index = 0
        while index < arguments.count, arguments[index].hasPrefix("-"), arguments[index] != "--" {
            index += valued.contains(arguments[index]) ? 2 : 1
        }
        return arguments.prefix(index)
    }

    /// The first argument that is neither an option nor an option's value: the command's name.
    static func commandName(in arguments: [String]) -> String? {
        let index = prefix(of: arguments).endIndex
        return index < arguments.endIndex && arguments[index] != "--" ? arguments[index] : nil
    }

    /// `--help` and `--version` are the whole command's, not the global options'.
    static func isAboutItself(_ argument: String) -> Bool {
        ["--help", "-h", "--version"].contains(argument)
    }

    /// The options in front of the command's name.
    static func parse(inFront arguments: [String]) throws -> GlobalOptions? {
        let front = prefix(of: arguments).filter { !isAboutItself($0) }
        return front.isEmpty ? nil : try parse(front)
    }
}
