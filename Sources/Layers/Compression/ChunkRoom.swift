import Dispatch
import Synchronization

/// How many chunks of one stream may be in memory at a time: a few in any case, and more as long as there is memory that no
/// other stream has.
///
/// Who puts chunks in waits for chunks of the same stream only, and these wait for nobody but processors. One thread puts
/// in.
final class ChunkRoom: Sendable {
    private let own: Int
    private let most: Int
    private let size: Int
    private let memory: Allowance
    private let hasChanged = DispatchSemaphore(value: 0)
    private let state = Mutex(State())

    private struct State {
        var chunks = 0
        /// Of these, how many have memory of the allowance.
        var borrowed = 0
        /// How often each is still to be let go of.
        var users: [Int: Int] = [:]
        var isAwaited = false
    }

    /// - Parameters:
    ///   - own: how many there may be in any case.
    ///   - most: how many at most.
    ///   - size: what one takes of the allowance.
    init(own: Int, most: Int, size: Int, of memory: Allowance) {
        (self.own, self.most, self.size, self.memory) = (own, max(own, most), size, memory)
    }

    /// Waits until there is room for one more.
    ///
    /// - Parameter users: how often it is let go of before it is gone.
    func put(_ number: Int, users: Int) {
        while !state.withLock({ takeOrWish(&$0, number, users) }) { hasChanged.wait() }
    }

    private func takeOrWish(_ state: inout State, _ number: Int, _ users: Int) -> Bool {
        let isWithinOwn = state.chunks - state.borrowed < own
        guard state.chunks < most, isWithinOwn || memory.take(size) else {
            state.isAwaited = true
            return false
        }
        state.chunks += 1
        if !isWithinOwn { state.borrowed += 1 }
        state.users[number] = users
        return true
    }

    /// Lets go of a chunk.
    func leave(_ number: Int) {
        let isAwaited = state.withLock { state in
            let rest = (state.users[number] ?? 1) - 1
            state.users[number] = rest > 0 ? rest : nil
            if rest > 0 { return false }
            state.chunks -= 1
            if state.borrowed > 0 {
                state.borrowed -= 1
                memory.give(size)
            }
            defer { state.isAwaited = false }
            return state.isAwaited
        }
        if isAwaited { hasChanged.signal() }
    }
}
