import Failure
import FileTree
import Glibc
import LXCWrapper
import SystemPackage

/// How a program in a container ended.
struct ContainerExit: Sendable, Equatable {
    /// 0 to 255; 128 and the signal's number if a signal ended it.
    var status: Int32
    /// Processes that the program had left behind were ended.
    var endedProcesses: Bool
}

/// Starts containers with liblxc.
struct Container {
    let stackerDirectory: FilePath
    let log: Log
    /// The binary that answers to `internal-lxc`; `nil` for the one that is running.
    var executable: String?

    /// Runs a program in a container to its end. Nothing of the container is left afterwards: no process, no mount, no
    /// control group.
    ///
    /// - Throws: a failure if the container or the program could not be started, or if a stop signal ended it.
    func run(_ config: ContainerConfig, _ arguments: [String]) throws -> ContainerExit {
        try attempt("couldn't run \(config.name) in a container") {
            let directory = try RunDirectory(in: stackerDirectory)
            defer { directory.remove() }
            let log = try truncatedLog(config.name)
            for (number, lowerdir) in config.lowerdirs.enumerated() {
                try directory.directory.makeSymlink(FilePath(String(number)), to: lowerdir)
            }
            var config = config
            config.mounts.insert(ContainerMount(source: directory.path.appending("sys"), target: "sys"), at: 0)
            try directory.directory.makeDirectory("sys")
            let text = try config.text(lowerdirs: config.lowerdirs.indices.map(String.init), log: log)
            // The environment may hold secrets.
            try directory.directory.replaceFile("config", with: text.utf8, mode: 0o600)
            return try start(config, directory, arguments, LXCLog(at: log))
        }
    }

    private func start(
        _ config: ContainerConfig, _ directory: RunDirectory, _ arguments: [String], _ lxcLog: LXCLog
    ) throws -> ContainerExit {
        var result = lxcw_result()
        let started = try withCStrings(arguments, config.otherEnvironment) { arguments, environment in
            try directory.withCStrings(executable) { executable, name, directory, configFile, sys in
                var container = lxcw_container(
                    executable: executable, name: name, directory: directory, config: configFile, sys: sys,
                    environment: environment, terminal: config.terminal, argv: arguments)
                try checked(lxcw_run(&container, &result))
                return result.started
            }
        }
        for line in lxcLog.errors { log.debug(line.text) }
        if result.stop_signal != 0 { throw StopSignal.failure(result.stop_signal) }
        guard started else {
            let message = withUnsafePointer(to: &result.message) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            throw Failure(
                message, because: lxcLog.errors.first.map { Failure($0.message) },
                help: "the whole trace is in \(lxcLog.path); stacker --debug shows its errors")
        }
        if result.exec_errno != 0 {
            throw Failure(
                "couldn't execute \(arguments.first ?? "")", because: Errno(rawValue: result.exec_errno),
                help: result.exec_errno == ENOENT
                    ? "the image lacks the interpreter: /bin/sh, or the one that the script's first line names" : nil)
        }
        return ContainerExit(status: result.exit_status, endedProcesses: result.ended_processes)
    }

    /// The layer's log, emptied, since liblxc appends; `lxc.log` becomes a symlink to it.
    private func truncatedLog(_ name: String) throws -> FilePath {
        let directory = try Directory(at: stackerDirectory)
        let log = FilePath("lxc-\(name).log")
        try directory.replaceFile(log, with: [])
        let temporary = FilePath(".lxc.log.\(getpid())")
        try? directory.remove(temporary)
        try directory.makeSymlink(temporary, to: log)
        try directory.rename(temporary, to: "lxc.log")
        return stackerDirectory.appending(log.string)
    }
}

/// The directory of one run: liblxc's working directory with its config.
private struct RunDirectory {
    /// Unique: it is the container's name too.
    let name: String
    let path: FilePath
    let directory: Directory

    init(in stackerDirectory: FilePath) throws {
        name = "run-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
        path = stackerDirectory.appending(name)
        try Directory.create(path, mode: 0o700)
        directory = try Directory(at: path)
    }

    func remove() {
        try? Directory(at: path.removingLastComponent()).removeTree(FilePath(name))
    }

    func withCStrings<Result>(
        _ executable: String?,
        _ body: (
            UnsafePointer<CChar>?, UnsafePointer<CChar>, UnsafePointer<CChar>, UnsafePointer<CChar>,
            UnsafePointer<CChar>
        ) throws -> Result
    ) rethrows -> Result {
        try name.withCString { name in
            try path.withPlatformString { directory in
                try path.appending("config").withPlatformString { config in
                    try path.appending("sys").withPlatformString { sys in
                        if let executable {
                            return try executable.withCString { try body($0, name, directory, config, sys) }
                        }
                        return try body(nil, name, directory, config, sys)
                    }
                }
            }
        }
    }
}

/// Runs `body` with both lists as C expects them, NULL at their ends.
private func withCStrings<Result>(
    _ first: [String], _ second: [String],
    _ body: (
        UnsafePointer<UnsafeMutablePointer<CChar>?>, UnsafePointer<UnsafeMutablePointer<CChar>?>
    ) throws -> Result
) throws -> Result {
    let lists = [first, second].map { $0.map { strdup($0) } + [nil] }
    defer { for string in lists.joined() { free(string) } }
    return try lists[0].withUnsafeBufferPointer { first in
        try lists[1].withUnsafeBufferPointer { second in
            guard let first = first.baseAddress, let second = second.baseAddress else { throw Errno.noMemory }
            return try body(first, second)
        }
    }
}
