import Glibc
import Synchronization

/// A thread that somebody waits for: for tests that act on a call that blocks.
package final class Thread: Sendable {
    private let handle: Mutex<pthread_t>

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

    /// Waits for its end. Once.
    package func join() {
        _ = handle.withLock { pthread_join($0, nil) }
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
