import Failure
import LXCWrapper

/// A request to stop: SIGINT, SIGTERM, SIGHUP or SIGQUIT to stacker. They are blocked in all threads and stay pending,
/// so that every step can ask, and clean up after itself, before the process ends.
enum StopSignal {
    /// Ends the step that calls it if a stop was requested.
    static func check() throws {
        let signal = lxcw_stop_signal()
        if signal != 0 { throw failure(signal) }
    }

    /// The end of a process that was told to stop; its exit status is a shell's, 128 and the signal's number.
    static func failure(_ signal: Int32) -> Failure {
        Failure("stopped by signal \(signal)", exitStatus: 128 + signal)
    }
}
