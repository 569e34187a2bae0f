import Dispatch
import Failure
import Synchronization

/// Does several things at a time that mostly wait for a network, each on a thread of its own.
package enum Workers {
    /// How many connections a registry gets from us: more bring nothing, and some registries count.
    static let count = 4

    /// Another one has failed: what this one would do is of no use any more.
    struct Cancelled: Error {}

    /// Does `work` for each job.
    ///
    /// - Parameter work: gets a check that throws when another job has failed.
    /// - Throws: the first failure; only when no job runs any more.
    package static func forEach<Job: Sendable>(
        _ jobs: [Job], _ work: @escaping @Sendable (Job, _ checkpoint: @Sendable () throws -> Void) throws -> Void
    ) throws {
        guard !jobs.isEmpty else { return }
        let shared = Shared()
        let left = Mutex(jobs[...])
        let group = DispatchGroup()
        for number in 0..<min(count, jobs.count) {
            // Each queue has a thread of its own: a concurrent one has no more than there are processors.
            DispatchQueue(label: "registry.\(number)").async(group: group) {
                while let job = left.withLock({ $0.popFirst() }) {
                    shared.attempt { try work(job, shared.check) }
                }
            }
        }
        group.wait()
        if let failure = shared.failure { throw failure }
    }

    private final class Shared: Sendable {
        private let first = Mutex<(any Error)?>(nil)

        var failure: (any Error)? { first.withLock { $0 } }

        @Sendable func check() throws {
            if failure != nil { throw Cancelled() }
        }

        func attempt(_ work: () throws -> Void) {
            do {
                try check()
                try work()
            } catch {
                first.withLock { $0 = $0 ?? error }
            }
        }
    }
}
