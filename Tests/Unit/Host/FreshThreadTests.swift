import Glibc
import Synchronization
import Testing

@testable import Host

@Suite("A process that goes on as a fork")
struct FreshThreadTests {
    @Test("two threads can want one lock, and neither waits for ever")
    func locks() async {
        // Forked in a process of its own: of this one's threads a fork would have but one, and the locks of all.
        await #expect(processExitsWith: .exitCode(0)) {
            // Swift's runtime has asked for the id of this thread from here on.
            Mutex(0).withLock { $0 += 1 }
            let child = FreshThreadTests.forkProcess()
            if child == 0 {
                alarm(20)
                try FreshThread.exit {
                    Contended.fight()
                    return 7
                }
            }
            var status: Int32 = 0
            waitpid(child, &status, 0)
            exit(status == 7 << 8 ? 0 : 1)
        }
    }

    /// `fork()`, which Glibc's module keeps from Swift, with good reason.
    private static func forkProcess() -> pid_t {
        unsafeBitCast(dlsym(nil, "fork"), to: (@convention(c) () -> pid_t).self)()
    }

    /// A lock that two threads want.
    private enum Contended {
        static let lock = Mutex(0)

        /// Holds the lock until another thread is sure to wait for it.
        static func fight() {
            var thread = pthread_t()
            lock.withLock { _ in
                pthread_create(
                    &thread, nil,
                    { _ in
                        Contended.lock.withLock { $0 += 1 }
                        return nil
                    }, nil)
                usleep(300_000)
            }
            pthread_join(thread, nil)
        }
    }
}
