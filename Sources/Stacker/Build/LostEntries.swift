import Synchronization

/// The layers that a cache seemed to have, and that could not be taken from it.
final class LostEntries: Sendable {
    private let state = Mutex((names: Set<String>(), seen: 0))

    /// Takes note of one.
    func add(_ layer: String) { state.withLock { _ = $0.names.insert(layer) } }

    /// All of them.
    var names: Set<String> {
        state.withLock { state in
            state.seen = state.names.count
            return state.names
        }
    }

    /// Whether there are some that ``names`` has not told yet.
    var areNew: Bool { state.withLock { $0.names.count > $0.seen } }
}
