import Testing

@testable import Stacker

@Suite("A build's times, in words")
struct TimingSummaryTests {
    private static let needs = LayerNeeds(names: ["base", "a", "b"], needs: [[], [0], [0]])

    /// A layer that was built on one thread: its steps one after the other.
    private static func layer(
        _ name: String, from begin: Int, _ steps: KeyValuePairs<TimedStep, Int>, thread: UInt = 1
    ) -> [TimedSpan] {
        var now = Duration.milliseconds(begin)
        var spans: [TimedSpan] = []
        for (step, length) in steps {
            let end = now + .milliseconds(length)
            spans.append(TimedSpan(step: step, layer: name, thread: thread, begin: now, end: end))
            now = end
        }
        return spans
            + [TimedSpan(step: .layer, layer: name, thread: thread, begin: .milliseconds(begin), end: now)]
    }

    private static func lines(
        _ spans: [TimedSpan], total: Int, processorTime: Int = 100, jobs: Int = 1, canCompressLess: Bool = true,
        outcomes: [String: LayerTime.Outcome] = [:], _ needs: LayerNeeds = needs
    ) -> [String] {
        let times = BuildTimes(
            total: .milliseconds(total), processorTime: .milliseconds(processorTime), spans: spans, outcomes: outcomes)
        return TimingSummary(
            times, needs, jobs: jobs, processors: 2, canCompressLess: canCompressLess
        ).lines
    }

    private static let serial =
        layer("base", from: 0, [.unpack: 200, .script: 800]) + layer("a", from: 1000, [.script: 2500, .pack: 500])
        + layer("b", from: 4000, [.script: 2000])

    @Test("what would be faster side by side")
    func sideBySide() {
        #expect(
            Self.lines(Self.serial, total: 6100) == [
                "6.1 s: layers: 3 built",
                "critical path: 4.0 s: base 1.0 s -> a 3.0 s",
                "of it script 3.3 s, pack 500 ms, unpack 200 ms",
                "with --jobs 2 it would have taken 4.1 s, if that makes none of them slower; "
                    + "more at once would gain nothing",
                "a and b need only base, and took 5.0 s together",
            ])
    }

    @Test("where processors are busy, more at once gains nothing")
    func busy() {
        let lines = Self.lines(Self.serial, total: 6100, processorTime: 12_000)
        #expect(
            lines.last
                == "the processors were busy for 12.0 s, which 2 can't do in less than 6.0 s: "
                + "more layers at once would gain nothing")
    }

    @Test("nothing but the critical path is left")
    func path() {
        let parallel =
            Self.layer("base", from: 0, [.script: 1000]) + Self.layer("a", from: 1000, [.script: 3000])
            + Self.layer("b", from: 1000, [.script: 2000], thread: 2)
        #expect(
            Self.lines(parallel, total: 4100, jobs: 2).last
                == "nothing but the critical path is left: 4.0 s of 4.1 s")
        #expect(!Self.lines(parallel, total: 8000, jobs: 2).contains { $0.hasPrefix("nothing but") })
    }

    @Test("a layer that is mostly packed")
    func packing() {
        let spans = Self.layer("base", from: 0, [.script: 200, .pack: 800])
        let advice =
            "base spent 80 % of its 1.0 s in pack: a lower --compression-level takes less, and makes larger layers"
        #expect(Self.lines(spans, total: 1000).last == advice)
        #expect(!Self.lines(spans, total: 1000, canCompressLess: false).contains(advice))
        // What is no tenth of all makes no difference.
        #expect(!Self.lines(spans, total: 9000).contains(advice))
    }

    @Test("steps that are parts of others count once, and what was done ahead elsewhere not at all")
    func steps() throws {
        let spans = [
            TimedSpan(step: .fetch, layer: "a", thread: 1, begin: .seconds(1), end: .seconds(3)),
            TimedSpan(step: .resolve, layer: "a", thread: 1, begin: .seconds(1), end: .seconds(7)),
            TimedSpan(step: .layer, layer: "a", thread: 1, begin: .seconds(1), end: .seconds(8)),
            TimedSpan(step: .fetch, layer: "a", thread: 2, begin: .zero, end: .seconds(2)),
        ]
        let times = BuildTimes(total: .seconds(8), processorTime: .zero, spans: spans, outcomes: ["a": .taken])
        let layer = try #require(times.layers.first)
        #expect(layer.steps == [.fetch: .seconds(2), .resolve: .seconds(4)])
        #expect(layer.work == .seconds(7))
        #expect(layer.outcome == .taken)
    }

    @Test("of a build that failed it is only said where the time went")
    func failed() {
        let lines = Self.lines(Self.serial, total: 6100, outcomes: ["b": .failed])
        #expect(lines.first == "6.1 s: layers: 2 built, 1 failed")
        #expect(lines.count == 3)
        #expect(Self.lines([], total: 12) == ["12 ms: layers: none begun"])
    }

    @Test("a long path is shown by the layers that took longest")
    func longPath() {
        let names = (0..<20).map { "l\($0)" }
        let spans = names.indices.flatMap { Self.layer(names[$0], from: $0 * 100, [.script: $0 < 12 ? 10 : 100]) }
        let lines = Self.lines(
            spans, total: 2000, LayerNeeds(names: names, needs: names.indices.map { $0 == 0 ? [] : [$0 - 1] }))
        #expect(lines[1].hasSuffix(": 12 more -> \((12..<20).map { "l\($0) 100 ms" }.joined(separator: " -> "))"))
    }

    @Test("how long something took", arguments: [(0, "0 ms"), (999, "999 ms"), (1000, "1.0 s"), (12_349, "12.3 s")])
    func words(milliseconds: Int, text: String) {
        #expect(inWords(.milliseconds(milliseconds)) == text)
    }
}
