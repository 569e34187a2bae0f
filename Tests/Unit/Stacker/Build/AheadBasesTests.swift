import Dispatch
import Synchronization
import Testing

@testable import Stacker

@Suite("Bases that are brought ahead")
struct AheadBasesTests {
    @Test("one is brought after the other, each once, and none that is wanted no more")
    func wanted() {
        let brought = Mutex<[Int]>([])
        let (begun, mayGoOn) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let ahead = AheadBases { layer in
            brought.withLock { $0.append(layer) }
            begun.signal()
            mayGoOn.wait()
        }
        ahead.want([1, 2, 3])
        begun.wait()
        // 2 has been lost meanwhile, or begun.
        ahead.want([1, 3, 4])
        mayGoOn.signal()
        begun.wait()
        // While 3 comes: 4 is to go.
        ahead.want([])
        mayGoOn.signal()
        ahead.end()
        #expect(brought.withLock(\.self) == [1, 3])
    }
}
