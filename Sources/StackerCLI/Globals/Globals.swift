import Failure
import Glibc
import Stacker
import SystemPackage

/// What the global options say. Most command lines have none, and then ArgumentParser, which takes its time, isn't asked.
struct Globals {
    private let options: GlobalOptions?

    /// Reads the global options of a command line whose options stand in front.
    init(of arguments: [String]) throws {
        options = try GlobalOptions.parse(inFront: arguments)
    }

    var debug: Bool { options?.debug ?? false }
    var internalUserns: Bool { options?.internalUserns ?? false }

    /// The log that these options ask for.
    func makeLog() throws -> Log {
        let quiet = options?.quiet ?? false
        if debug && quiet { throw Failure("--debug and --quiet don't go together", help: "leave one of them out") }
        return try Log(
            level: debug ? .debug : quiet ? .quiet : .info, file: options?.logFile.map { FilePath($0) },
            appending: internalUserns, timestamps: options?.logTimestamp ?? false, progress: progressStyle)
    }

    private var progressStyle: Log.ProgressStyle {
        let progress = options?.progress
        if progress == false { return .none }
        let terminal = getenv("TERM").map { String(cString: $0) } ?? "dumb"
        // A dumb terminal can't take back what it shows: it is no better than a file.
        if isatty(STDERR_FILENO) == 1, !["", "dumb"].contains(terminal) { return .bars }
        return progress == true ? .lines : .none
    }

    /// The user's defaults, and where everything is: by these options, the defaults and stacker's own, in this order.
    func settle() throws -> (config: ConfigFile, directories: StackerDirectories) {
        if let storageType = options?.storageType, storageType != "overlay" {
            throw Failure("unknown storage type \"\(storageType)\"", help: "the only one is overlay")
        }
        let config = try ConfigFile(at: options?.config.map { FilePath($0) })
        let directories = try StackerDirectories(
            config: config, workDirectory: options?.workDir, stackerDirectory: options?.stackerDir,
            ociDirectory: options?.ociDir, rootsDirectory: options?.rootsDir)
        return (config, directories)
    }
}
