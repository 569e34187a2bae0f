import Failure
import FileTree
import Fixtures
import Glibc
import SystemPackage
import Testing

@testable import Stacker

@Suite("The lock on a directory")
struct LockTests {
    @Test("a lock file that was removed while it was waited for is no lock: there is one for all")
    func removed() throws {
        try withTemporaryDirectory { (root: FilePath) throws -> Void in
            let path = root.appending(".lock")
            // As a clean does: hold it, take the file away, go. What the other has opened is nobody's then.
            let isTaken = Thread.Box(false)
            let old = try OpenFile(path, O_RDWR | O_CREAT, mode: 0o644)
            #expect(flock(old.number, LOCK_EX) == 0)
            let cleaner = Thread {
                while !isTaken.value { usleep(100) }
                unlink(path.string)
                flock(old.number, LOCK_UN)
            }
            defer { cleaner.join() }
            isTaken.value = true
            // Either it was in time to be refused, or it has the lock that others respect.
            guard let lock = try? Lock(on: root) else { return }
            defer { withExtendedLifetime(lock) {} }
            #expect(Lock.isHeld(on: root))
            #expect(throws: Failure.self) { try Lock(on: root) }
        }
    }

    @Test("a directory that went is ENOENT, and is made again where it is to be")
    func gone() throws {
        try withTemporaryDirectory { (root: FilePath) throws -> Void in
            let failure = #expect(throws: Failure.self) { try Lock(on: root.appending("gone")) }
            #expect(failure?.errno == .noSuchFileOrDirectory)
        }
    }
}
