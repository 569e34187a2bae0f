import Failure
import LXCWrapper

/// SIGINT, SIGTERM, SIGHUP and SIGQUIT: the wish that stacker end, with nothing left behind.
///
/// `main` blocks them (``block()``) before any thread is started. A blocked signal stays pending, so a check at any
/// later time sees it, on any thread, without a handler or shared state.
package enum StopSignal {
    /// How long ``bound()`` leaves for clean-up, in seconds.
    static let graceSeconds: UInt32 = 5

    /// Blocks the signals for this thread and all that come. The first thing that `main` does after `internal-lxc`.
    package static func block() {
        lxcw_block_stop_signals()
    }

    /// From now on ends the process a few seconds after a stop signal even if nobody checks, for instance because a
    /// name server does not answer. Temporary files may stay behind in that case.
    package static func bound() {
        _ = lxcw_bound_stop(graceSeconds)
    }

    /// The signal that came, if any.
    package static var pending: Int32? {
        let signal = lxcw_stop_signal()
        return signal == 0 ? nil : signal
    }

    /// To be called between steps, and within long ones: every file, every few MiB. Costs one system call.
    ///
    /// - Throws: `Failure` "interrupted" with exit status 128+n if a signal came.
    package static func check() throws {
        try check(lxcw_stop_signal())
    }

    /// The same of a signal that another process has seen; 0 is none.
    package static func check(_ signal: Int32) throws {
        if signal != 0 { throw Failure("interrupted", exitStatus: 128 + signal) }
    }
}
