import Host
import Synchronization
import Testing

@testable import Stacker

@Suite("The layers of a schedule, each on a thread")
struct LayerCrewTests {
    @Test("one that keeps going begins nothing after it was cancelled")
    func cancelled() throws {
        let cancellation = try Cancellation()
        let begun = Mutex<[Int]>([])
        let graph = LayerGraph(needs: [[], [], []], follows: [[], [], []])
        var crew = LayerCrew(graph, limit: 1, keepsGoing: true, cancelling: cancellation)
        crew.run(mayBegin: { _, _ in true }, after: { _, _ in }, whenBegun: { _ in }) { layer, _ in
            begun.withLock { $0.append(layer) }
            cancellation.cancel()
            try cancellation.check()
        }
        #expect(begun.withLock(\.self) == [0])
        #expect(crew.schedule.layers(.stopped) == [0])
        #expect(crew.schedule.layers(.waiting) == [1, 2])
        #expect(crew.failures.isEmpty)
    }
}
