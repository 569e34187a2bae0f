import OCI

/// A build's times as Chrome's trace events, in JSON, which the tracing pages of browsers and Perfetto show: a row for
/// everything that went on at once, with a bar for each layer, and its steps below that.
///
/// [Trace Event Format](https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU): complete events
/// (`X`), with `ts` and `dur` in microseconds; of one row, either one is inside of the other, or they are one after the
/// other.
struct TraceEvents {
    private let times: BuildTimes
    /// What there is to know of all of it.
    private let circumstances: [String: JSONValue]
    /// The layers that each layer needs.
    private let needs: [String: [String]]
    /// When each layer was done.
    private let ends: [String: Duration]

    init(_ times: BuildTimes, _ needs: LayerNeeds, _ circumstances: [String: JSONValue]) {
        self.times = times
        self.circumstances = circumstances
        self.needs = Dictionary(zip(needs.names, needs.needs.map { $0.map { needs.names[$0] } })) { first, _ in first }
        ends = Dictionary(times.layers.map { ($0.name, $0.end) }) { first, _ in first }
    }

    /// The one process of a trace.
    private static let process: JSONValue = 1

    var json: JSONValue {
        let rows = rows
        var events = [event("M", ["name": "process_name", "args": ["name": "stacker build"]])]
        for row in rows.indices {
            let number = JSONValue.integer(Int64(row + 1))
            events.append(
                event("M", ["name": "thread_name", "tid": number, "args": ["name": .string("row \(row + 1)")]]))
        }
        for (row, spans) in rows.enumerated() {
            for span in spans { events.append(complete(span, row: row + 1)) }
        }
        return ["displayTimeUnit": "ms", "otherData": .object(circumstances), "traceEvents": .array(events)]
    }

    private func event(_ phase: JSONValue, _ members: [String: JSONValue]) -> JSONValue {
        .object(["ph": phase, "pid": Self.process].merging(members) { _, own in own })
    }

    private func complete(_ span: TimedSpan, row: Int) -> JSONValue {
        var arguments: [String: JSONValue] = [:]
        if let layer = span.layer { arguments["layer"] = .string(layer) }
        if let detail = span.detail { arguments["detail"] = .string(detail) }
        if span.hasFailed { arguments["failed"] = true }
        if span.step == .layer, let layer = span.layer { arguments.merge(about(layer, span)) { _, own in own } }
        let name = span.step == .layer ? span.layer : nil
        let begin = Self.microseconds(span.begin)
        return event(
            "X",
            [
                "name": .string(name ?? span.step.rawValue), "cat": .string(span.step.rawValue),
                "tid": .integer(Int64(row)), "ts": .integer(begin),
                "dur": .integer(Self.microseconds(span.end) - begin), "args": .object(arguments),
            ])
    }

    /// How a layer came to be there, what it needed, and for how long that was there before it began.
    private func about(_ layer: String, _ span: TimedSpan) -> [String: JSONValue] {
        let needed = needs[layer] ?? []
        let ready = needed.compactMap { ends[$0] }.max()
        let outcome = times.outcomes[layer] ?? LayerTime.Outcome.built
        return [
            "outcome": .string(outcome.rawValue), "needs": .array(needed.map { .string($0) }),
            "waited": .integer(Self.microseconds(max(.zero, span.begin - (ready ?? .zero)))),
        ]
    }

    /// Whole ones since the build began: cut off, so that what is inside of something else remains so.
    private static func microseconds(_ time: Duration) -> Int64 { Int64((time / .microseconds(1)).rounded(.down)) }

    /// The steps, by rows: those of one thread that are parts of each other stay together, in the first row that is free.
    private var rows: [[TimedSpan]] {
        var groups: [[TimedSpan]] = []
        for thread in Dictionary(grouping: times.spans, by: \.thread).values {
            var end: Duration?
            for span in thread.sorted(by: TimedSpan.isOutside) {
                if let around = end, span.begin < around {
                    groups[groups.count - 1].append(span)
                } else {
                    groups.append([span])
                    end = span.end
                }
            }
        }
        var rows: [[TimedSpan]] = []
        var ends: [Duration] = []
        for group in groups.sorted(by: { TimedSpan.isOutside($0[0], $1[0]) }) {
            if let free = ends.firstIndex(where: { $0 <= group[0].begin }) {
                rows[free] += group
                ends[free] = group[0].end
            } else {
                rows.append(group)
                ends.append(group[0].end)
            }
        }
        return rows
    }
}
