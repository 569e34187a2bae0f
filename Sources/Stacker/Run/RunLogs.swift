import FileTree
import Roots
import SystemPackage

/// liblxc's logs of runs that could not be started. Each has the name of its run, so that runs at one time keep their own, and
/// stays until another run begins.
enum RunLogs {
    /// The log of a layer's run begins with `lxc-`, too, but no layer has such a name.
    private static let prefix = "lxc-\(RunDirectory.prefix)"

    /// Where the log of a run is kept.
    static func place(for run: RunDirectory, in stacker: FilePath) -> FilePath {
        stacker.appending("lxc-\(run.path.lastComponent?.string ?? "").log")
    }

    /// Removes those of earlier runs.
    static func removeAll(in stacker: FilePath) throws {
        let directory = try Directory(at: stacker)
        for name in try directory.names() where name.string.hasPrefix(prefix) { try directory.remove(name) }
    }
}
