import Dispatch
import Fixtures
import Synchronization
import Testing

@testable import Stacker

@Suite("A lock for each of many things")
struct KeyedLocksTests {
    private struct Broken: Error {}

    @Test("who waits does it if who had it could not, and ends when it is told to")
    func waiting() throws {
        let locks = KeyedLocks<String>()
        let (begun, mayEnd) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let first = Thread {
            _ = try? locks.with("blob", checkpoint: {}) {
                begun.signal()
                mayEnd.wait()
                throw Broken()
            }
        }
        begun.wait()
        try locks.with("another", checkpoint: { throw Broken() }) {}
        #expect(throws: Broken.self) {
            try locks.with("blob", checkpoint: { throw Broken() }) { Issue.record("somebody else has it") }
        }
        var looks = 0
        let isDone = try locks.with(
            "blob",
            checkpoint: {
                looks += 1
                if looks == 2 { mayEnd.signal() }
            }, { true })
        #expect(isDone && looks >= 2)
        first.join()
    }
}
