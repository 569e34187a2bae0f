import Failure
import Glibc
import LXCWrapper
import SystemPackage

/// The private namespace in which builds run: mounts that the host never sees, processes that end with stacker.
public enum Namespace {
    /// How long a stop may take before the process ends without having cleaned up, in seconds.
    private static let stopGrace: UInt32 = 8

    /// Replaces the process by one that runs stacker again, with these arguments, inside.
    ///
    /// - Throws: a failure if that could not be done; otherwise the call does not return.
    public static func enter(_ arguments: [String]) throws -> Never {
        var strings: [UnsafeMutablePointer<CChar>?] = (["stacker"] + arguments).map { strdup($0) } + [nil]
        lxcw_reexec_in_namespace(&strings)
        let error = Errno(rawValue: errno)
        for string in strings { free(string) }
        throw Failure("couldn't run stacker again in a namespace", because: error)
    }

    /// What the process inside does first: stop signals are kept for the steps of the build to ask for.
    public static func prepare() {
        lxcw_block_stop_signals()
        // Without the thread a stop could only take longer: nothing to fail for.
        _ = lxcw_bound_stop(stopGrace)
    }
}
