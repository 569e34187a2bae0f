import Glibc
import Synchronization

/// A thread that somebody waits for: for tests that act on a call that blocks.
package final class Thread: Sendable {
    /// `nil` when somebody has waited for it.
    private let handle: Mutex<pthread_t?>

    private final class Work: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// Starts `body` at once.
    package init(_ body: @escaping @Sendable () -> Void) {
        var thread = pthread_t()
        let work = Unmanaged.passRetained(Work(body)).toOpaque()
        let error = pthread_create(
            &thread, nil,
            { work in
                if let work { Unmanaged<Work>.fromOpaque(work).takeRetainedValue().body() }
                return nil
            }, work)
        precondition(error == 0, "pthread_create failed")
        handle = Mutex(thread)
    }

    /// What nobody waits for goes by itself.
    deinit {
        if let thread = taken() { pthread_detach(thread) }
    }

    /// Waits for its end. Once.
    package func join() {
        if let thread = taken() { pthread_join(thread, nil) }
    }

    private func taken() -> pthread_t? {
        handle.withLock { thread in
            defer { thread = nil }
            return thread
        }
    }

    /// A flag that two threads share.
    package final class Box: Sendable {
        private let content: Mutex<Bool>
        /// Makes it.
        package init(_ value: Bool) { content = Mutex(value) }
        /// The flag.
        package var value: Bool {
            get { content.withLock { $0 } }
            set { content.withLock { $0 = newValue } }
        }
    }
}

/// Runs `body` in so many threads at a time, and waits for all of them.
///
/// - Parameter body: gets the number of its thread.
/// - Throws: a failure of one of them.
package func inThreads(_ count: Int, _ body: @escaping @Sendable (Int) throws -> Void) throws {
    let failure = Failures()
    let threads = (0..<count).map { number in
        Thread {
            do {
                try body(number)
            } catch {
                failure.note(error)
            }
        }
    }
    for thread in threads { thread.join() }
    if let failure = failure.first { throw failure }
}

private final class Failures: Sendable {
    private let noted = Mutex<[any Error]>([])
    var first: (any Error)? { noted.withLock { $0.first } }
    func note(_ error: any Error) { noted.withLock { $0.append(error) } }
}

/// Counts what threads do at a time.
package final class Gauge: Sendable {
    private let state = Mutex((now: 0, most: 0, total: 0))

    /// Makes one that stands at zero.
    package init() {}
    /// The most that there was at a time.
    package var most: Int { state.withLock { $0.most } }
    /// All that there was.
    package var total: Int { state.withLock { $0.total } }

    /// There is so much more.
    package func rise(by amount: Int = 1) {
        state.withLock { state in
            state.now += amount
            state.total += amount
            state.most = max(state.most, state.now)
        }
    }

    /// There is so much less.
    package func fall(by amount: Int = 1) { state.withLock { $0.now -= amount } }
}
