import Failure
import Glibc
import Stacker
import SystemPackage

/// What the global options say. Most command lines have none, and then ArgumentParser, which takes its time, isn't asked.
struct Globals {
    private(set) var debug = false
    private(set) var internalUserns = false
    private var workDirectory: String?
    private var stackerDirectory: String?
    private var ociDirectory: String?
    private var rootsDirectory: String?
    private var config: String?
    private var quiet = false
    private var logFile: String?
    private var logTimestamp = false
    private var progress: Bool?
    private var storageType = "overlay"

    /// Reads the global options of a command line whose options stand in front.
    init(of arguments: [String]) throws {
        guard let options = try GlobalOptions.parse(inFront: arguments) else { return }
        debug = options.debug
        internalUserns = options.internalUserns
        workDirectory = options.workDir
        stackerDirectory = options.stackerDir
        ociDirectory = options.ociDir
        rootsDirectory = options.rootsDir
        config = options.config
        quiet = options.quiet
        logFile = options.logFile
        logTimestamp = options.logTimestamp
        progress = options.progress
        storageType = options.storageType
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
            workDirectory: workDirectory, stackerDirectory: stackerDirectory, ociDirectory: ociDirectory,
            rootsDirectory: rootsDirectory)
    }
}
