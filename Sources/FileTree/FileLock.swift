import Glibc
import SystemPackage

/// Who else may have a lock on a file at the same time.
package enum LockKind: Sendable {
    /// Others that share it.
    case shared
    /// Nobody.
    case exclusive
}

extension OpenFile {
    /// Takes a lock on the open file, which may be a directory: flock(2), without waiting. A lock that this open file has
    /// already becomes one of that kind.
    ///
    /// The kernel lets go of it with the last descriptor, however the process ends. Whoever wants it gone before lets go by
    /// ``unlock()``: a program that another thread has just started has a copy of each descriptor until it is executed.
    ///
    /// - Returns: false if somebody has one that does not go with it.
    /// - Throws: `FailedCall`.
    package func tryLock(_ kind: LockKind) throws -> Bool {
        while true {
            if flock(number, (kind == .shared ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0 { return true }
            switch Glibc.errno {
            case EINTR: continue
            case EWOULDBLOCK: return false
            default: throw lastError()
            }
        }
    }

    /// Lets go of the lock, if this open file has one: for all copies of the descriptor.
    package func unlock() { flock(number, LOCK_UN) }

    /// Takes a lock, and waits for it if need be.
    ///
    /// - Parameters:
    ///   - seconds: for how long at most.
    ///   - checkpoint: called again and again while it waits; what it throws ends the waiting.
    /// - Returns: false if somebody has had one all the time.
    package func lock(_ kind: LockKind, within seconds: Int, checkpoint: () throws -> Void = {}) throws -> Bool {
        let pause: useconds_t = 5_000
        for _ in 0...(seconds * 1_000_000 / Int(pause)) {
            if try tryLock(kind) { return true }
            try checkpoint()
            usleep(pause)
        }
        return false
    }
}
