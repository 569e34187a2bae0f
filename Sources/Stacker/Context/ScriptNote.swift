import Synchronization

/// Whether a build has run scripts, and not found all in its cache.
final class ScriptNote: Sendable {
    private let hasRun = Atomic(false)

    /// Whether one has.
    var haveRun: Bool { hasRun.load(ordering: .relaxed) }

    /// Takes note of one.
    func note() { hasRun.store(true, ordering: .relaxed) }
}
