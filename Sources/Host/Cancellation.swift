import CSyscalls
import Failure
import FileTree
import Synchronization

/// The wish that one piece of work end, with nothing left behind: because of a stop signal, or since something else has
/// failed and there is no use in it any more.
///
/// Whoever works calls ``check()`` between steps, and within long ones; whoever waits for descriptors waits for ``file``, too.
package final class Cancellation: Sendable {
    /// Can be read from the cancellation on; a stop signal does not show here.
    package let file: OpenFile
    /// The other end of that.
    private let writer: OpenFile
    private let flag = Atomic(false)

    /// What ends work that was cancelled. It is no reason: whoever has cancelled it knows one.
    package struct Cancelled: Error, CustomStringConvertible {
        /// For logs: no user sees it as the reason of a failure.
        package var description: String { "cancelled" }
    }

    /// Work that goes on until somebody says otherwise.
    ///
    /// - Throws: `Errno`, if there can be no further descriptor.
    package init() throws {
        var ends: [Int32] = [0, 0]
        try checked(stacker_pipe(&ends))
        (file, writer) = (OpenFile(owning: ends[0]), OpenFile(owning: ends[1]))
    }

    /// Whether it is cancelled; a stop signal does not show here.
    package var isCancelled: Bool { flag.load(ordering: .acquiring) }

    /// Ends the work. To do so again changes nothing.
    package func cancel() {
        guard !flag.exchange(true, ordering: .acquiringAndReleasing) else { return }
        // It is the only byte that is ever written: there is room for it.
        try? writer.writeAll([0])
    }

    /// To be called where ``StopSignal/check()`` would be.
    ///
    /// - Throws: `Failure` for a stop signal, otherwise ``Cancelled`` if it is.
    package func check() throws {
        try StopSignal.check()
        if isCancelled { throw Cancelled() }
    }
}

extension Cancellation.Cancelled {
    /// Whether that is all that an error says.
    package static func isCause(of error: any Error) -> Bool {
        ((error as? Failure)?.rootCause ?? error) is Self
    }
}
