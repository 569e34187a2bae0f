import Dispatch
import Layers
import OCI
import Synchronization

/// Unpacks the layers of an image while they come: each as soon as its first bytes are there, several at a time.
///
/// Fetching never waits for unpacking. If one of the two fails, both end.
final class LayerArrivals: Sendable {
    private let unpacker: LayerUnpacker
    private let diffIDs: [Digest: Digest]
    private let running = DispatchGroup()
    private let state = Mutex(State())

    /// So many at a time in any case, since they may wait for the network; more of those that all images share.
    private static let own = 2

    private struct State {
        var waiting: [ArrivingBlob] = []
        var workers = 0
        /// Those of them that are of the ones that all share.
        var borrowed = 0
        /// The first failure, be it of fetching or of unpacking.
        var failure: (any Error)?
    }

    /// Something else has failed.
    private struct Cancelled: Error {}

    init(_ image: Image, _ unpacker: LayerUnpacker) {
        self.unpacker = unpacker
        diffIDs = image.diffIDs
    }

    /// Runs `fetch`, which calls ``begin(_:)`` for each blob that begins to come and ``check()`` every so often, and
    /// returns when all that came is unpacked.
    ///
    /// - Throws: what failed first; then nothing goes on any more, and nothing is left of a layer that is not complete.
    func unpack(while fetch: () throws -> Void) throws {
        do {
            try fetch()
        } catch {
            fail(error)
        }
        running.wait()
        if let failure = state.withLock(\.failure) { throw failure }
    }

    /// - Throws: if anything has failed.
    @Sendable func check() throws {
        if state.withLock({ $0.failure != nil }) { throw Cancelled() }
    }

    /// Takes a blob. Those that are no layers, and those whose content is there, are left alone.
    @Sendable func begin(_ blob: ArrivingBlob) {
        // Where that can't be found out, unpacking it says so.
        let isThere = (try? unpacker.roots.holdsOwnContent(of: blob.descriptor.digest)) ?? false
        guard diffIDs[blob.descriptor.digest] != nil, !isThere else { return }
        let needsWorker = state.withLock { state in
            state.waiting.append(blob)
            if state.workers - state.borrowed >= Self.own {
                guard Processors.all.arrivals.take(1) else { return false }
                state.borrowed += 1
            }
            state.workers += 1
            return true
        }
        // A queue for each: it has a thread at once, while those of a concurrent queue are as many as there are
        // processors, and these may all wait for the network.
        if needsWorker { DispatchQueue(label: "layer.arrivals").async(group: running) { [self] in work() } }
    }

    // MARK: - In a thread of their own

    private func work() {
        while let blob = takeOrLeave() {
            guard let diffID = diffIDs[blob.descriptor.digest] else { continue }
            do {
                try check()
                try unpacker.unpack(blob, diffID: diffID, check)
            } catch {
                // Whoever fetches it says why it did not come.
                if !ArrivingBlob.Interruption.abandoned.isCause(of: error) { fail(error) }
            }
        }
    }

    /// The next one, or, in the same breath, the end of this worker.
    private func takeOrLeave() -> ArrivingBlob? {
        state.withLock { state in
            if !state.waiting.isEmpty { return state.waiting.removeFirst() }
            state.workers -= 1
            if state.borrowed > 0 {
                state.borrowed -= 1
                Processors.all.arrivals.give(1)
            }
            return nil
        }
    }

    private func fail(_ error: any Error) {
        state.withLock { $0.failure = $0.failure ?? error }
    }
}
