import Failure
import Glibc
import LXCWrapper
import SystemPackage

/// The mount and pid namespace in which a build runs.
public enum Namespace {
    /// Replaces this process by stacker run again with `arguments` in a private mount and pid namespace. The exit
    /// status of that run becomes this process's; signals are passed on.
    ///
    /// Every descriptor above 2 is closed, so locks are to be taken inside.
    ///
    /// - Parameter arguments: the command line without the program's name; it must say that the namespace has been
    ///   entered (`--internal-userns`).
    public static func enter(_ arguments: [String]) throws -> Never {
        try StopSignal.check()
        guard geteuid() == 0 else {
            throw Failure(
                "building needs root: this stacker can't build as an ordinary user yet",
                help: "run it with sudo, or on a machine where you are root")
        }
        let error = try withCStrings(["stacker"] + arguments) { argv in
            _ = lxcw_reexec_in_namespace(argv)
            return Errno(rawValue: Glibc.errno)
        }
        throw Failure("couldn't run stacker again in a namespace", because: error)
    }
}
