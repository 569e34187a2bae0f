import Failure
import Glibc
import SystemPackage

/// A thread that begins in this process, for all that the process does after a `fork()` without an `exec`.
///
/// The thread that called `fork()` has another id in the child, and Swift's runtime doesn't know: it asks for a thread's id
/// once, and gives it to the kernel as the owner of its locks, those of lazy globals and of `Mutex`. As soon as two
/// threads want one of them, the kernel looks for an owner that isn't there, and both ask again for ever. A thread of the
/// child's own has not been asked for its id yet.
enum FreshThread {
    /// What the first thread of a process has by default.
    private static let stackBytes = 8 << 20

    private final class Work {
        let body: @Sendable () -> Int32
        var status: Int32 = EXIT_FAILURE

        init(_ body: @escaping @Sendable () -> Int32) {
            self.body = body
        }
    }

    /// Ends the process with the exit status that `body` returns, on a thread of its own.
    ///
    /// - Throws: that there can be no further thread; nothing has been done then.
    static func exit(with body: @escaping @Sendable () -> Int32) throws -> Never {
        let work = Work(body)
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setstacksize(&attributes, stackBytes)
        var thread = pthread_t()
        let error = pthread_create(
            &thread, &attributes,
            { argument in
                guard let argument else { return nil }
                let work = Unmanaged<Work>.fromOpaque(argument).takeUnretainedValue()
                work.status = work.body()
                return nil
            }, Unmanaged.passUnretained(work).toOpaque())
        guard error == 0 else { throw Failure("couldn't start a thread", because: Errno(rawValue: error)) }
        pthread_join(thread, nil)
        Glibc.exit(work.status)
    }
}
