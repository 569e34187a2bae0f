import Dispatch
import OCI
import Testing

@testable import Stacker

@Suite("What a build did when")
struct BuildTimelineTests {
    private struct Stop: Error {}

    @Test("steps of several threads, those that failed among them, each whole")
    func threads() throws {
        let timeline = BuildTimeline.running()
        DispatchQueue.concurrentPerform(iterations: 8) { number in
            try? timeline.measure(.layer, of: "\(number)") {
                try timeline.measure(.script, of: "\(number)") { if number == 3 { throw Stop() } }
            }
        }
        timeline.note(.hit, of: "1")
        let times = try #require(timeline.times)
        #expect(times.spans.count == 16)
        #expect(times.spans.allSatisfy { $0.begin >= .zero && $0.begin <= $0.end && $0.end <= times.total })
        #expect(times.spans.filter(\.hasFailed).map(\.layer) == ["3", "3"])
        #expect(times.layers.filter { $0.outcome == .hit }.map(\.name) == ["1"])
        #expect(times.layers.count == 8)
    }

    @Test("one that is off does everything and keeps nothing")
    func off() {
        var wasAsked = false
        func detail() -> String? {
            wasAsked = true
            return nil
        }
        #expect(BuildTimeline.off.measure(.script, of: "a", detail()) { 5 } == 5)
        #expect(throws: Stop.self) { try BuildTimeline.off.measure(.script, of: "a") { throw Stop() } }
        #expect(BuildTimeline.off.times == nil)
        #expect(!wasAsked)
    }

    @Test("in a trace no two steps of a row overlap, but for those that are parts of others")
    func rows() throws {
        func span(_ step: TimedStep, _ layer: String, _ thread: UInt, _ begin: Int, _ end: Int) -> TimedSpan {
            TimedSpan(step: step, layer: layer, thread: thread, begin: .seconds(begin), end: .seconds(end))
        }
        let spans = [
            span(.script, "a", 1, 1, 3), span(.layer, "a", 1, 0, 4), span(.layer, "b", 2, 2, 5),
            span(.layer, "c", 2, 5, 6), span(.layer, "d", 1, 4, 6),
        ]
        let trace = TraceEvents(
            BuildTimes(total: .seconds(6), processorTime: .zero, spans: spans, outcomes: [:]),
            LayerNeeds(names: ["a", "b", "c", "d"], needs: [[], [], [0], []]), ["jobs": 2])
        guard case .array(let events)? = trace.json["traceEvents"] else { throw Stop() }
        let found = events.filter { $0["ph"] == "X" }.map { event in
            [event["name"], event["tid"], event["ts"], event["dur"]]
        }
        #expect(
            found == [
                ["a", 1, 0, 4_000_000], ["script", 1, 1_000_000, 2_000_000], ["d", 1, 4_000_000, 2_000_000],
                ["b", 2, 2_000_000, 3_000_000], ["c", 2, 5_000_000, 1_000_000],
            ])
        let waited = events.first { $0["name"] == "c" }?["args"]
        #expect(waited == ["layer": "c", "needs": ["a"], "outcome": "built", "waited": 1_000_000])
    }
}
