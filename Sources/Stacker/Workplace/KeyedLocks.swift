import Glibc
import Synchronization

/// A lock for each of many things, so that what several layers want is done once: whoever comes second waits, and then
/// finds it done.
///
/// A thread must not take the lock of a thing that it has already. Whoever has one ends soon after a cancellation, and with
/// it the waiting of others.
final class KeyedLocks<Key: Hashable & Sendable>: Sendable {
    private final class Gate: Sendable {
        let lock = Mutex(())
    }

    private let gates = Mutex<[Key: Gate]>([:])

    /// Runs `body` while nobody else has the lock of this thing.
    func with<Result: Sendable>(_ key: Key, _ body: () throws -> Result) rethrows -> Result {
        try gate(key).lock.withLock { _ in try body() }
    }

    /// The same, where whoever has the lock may have it for long.
    ///
    /// - Parameter checkpoint: called again and again while somebody else has it; what it throws ends the waiting.
    func with<Result: Sendable>(
        _ key: Key, checkpoint: () throws -> Void, _ body: () throws -> Result
    ) throws -> Result {
        let gate = gate(key)
        while true {
            if let result = try gate.lock.withLockIfAvailable({ _ in try body() }) { return result }
            try checkpoint()
            usleep(Self.pause)
        }
    }

    /// Between two looks at a lock, in microseconds.
    private static var pause: UInt32 { 5_000 }

    private func gate(_ key: Key) -> Gate {
        gates.withLock { gates in
            let gate = gates[key] ?? Gate()
            gates[key] = gate
            return gate
        }
    }
}
