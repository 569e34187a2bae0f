import Glibc

/// SIGPIPE, which by default ends a process that writes to a pipe without a reader.
package enum BrokenPipe {
    /// Runs `body`, on this thread, where such a write fails with `EPIPE` and does nothing else.
    package static func asError<Result>(_ body: () throws -> Result) rethrows -> Result {
        var pipe = sigset_t()
        var before = sigset_t()
        sigemptyset(&pipe)
        sigaddset(&pipe, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &pipe, &before)
        defer {
            // Each such write has sent one to this thread: it must not come when it is let in again.
            var none = timespec()
            while sigtimedwait(&pipe, nil, &none) < 0, errno == EINTR {}
            pthread_sigmask(SIG_SETMASK, &before, nil)
        }
        return try body()
    }
}
