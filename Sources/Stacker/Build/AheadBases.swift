import Dispatch
import Synchronization

/// Brings the bases of layers that wait for their turn, one after the other, while scripts run. Which are wanted is said
/// anew whenever a layer begins or ends: of one that has begun, or never will, none is brought.
final class AheadBases: Sendable {
    private let bring: @Sendable (_ layer: Int) -> Void
    private let queue = DispatchQueue(label: "layer.bases")
    private let running = DispatchGroup()
    private let state = Mutex(State())

    private struct State {
        var wanted: [Int] = []
        var tried: Set<Int> = []
    }

    /// - Parameter bring: brings the base of a layer; called once for each, on another thread.
    init(_ bring: @escaping @Sendable (_ layer: Int) -> Void) { self.bring = bring }

    /// Wants the bases of these layers, in this order, and no others any more.
    func want(_ layers: [Int]) {
        state.withLock { $0.wanted = layers }
        queue.async(group: running) { [self] in
            while let layer = next() { bring(layer) }
        }
    }

    private func next() -> Int? {
        state.withLock { state in
            guard let layer = state.wanted.first(where: { !state.tried.contains($0) }) else { return nil }
            state.tried.insert(layer)
            return layer
        }
    }

    /// Wants none any more, and returns when nothing of it is under way.
    func end() {
        want([])
        running.wait()
    }
}
