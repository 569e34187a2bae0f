/// What a timeline has come to.
struct BuildTimes: Sendable {
    /// How long the build took.
    var total: Duration
    /// What the processors worked for it, all of them together.
    var processorTime: Duration
    /// All steps, in the order in which they ended.
    var spans: [TimedSpan]
    /// How layers came to be there, as far as it was noted.
    var outcomes: [String: LayerTime.Outcome]

    /// The layers that were begun, in the order in which they ended.
    var layers: [LayerTime] {
        var own: [String: [TimedSpan]] = [:]
        for span in spans { if let layer = span.layer { own[layer, default: []].append(span) } }
        return spans.compactMap { whole in
            guard whole.step == .layer, let name = whole.layer else { return nil }
            // What was done ahead of it, elsewhere, is no time of its own.
            let steps = (own[name] ?? []).filter {
                $0.step != .layer && $0.begin >= whole.begin && $0.end <= whole.end
            }
            return LayerTime(
                name: name, begin: whole.begin, end: whole.end, steps: Self.times(of: steps),
                outcome: outcomes[name] ?? .built)
        }
    }

    /// The time that each kind of step took by itself, without the steps that are parts of it.
    private static func times(of steps: [TimedSpan]) -> [TimedStep: Duration] {
        var times: [TimedStep: Duration] = [:]
        for thread in Dictionary(grouping: steps, by: \.thread).values {
            var open: [TimedSpan] = []
            for span in thread.sorted(by: TimedSpan.isOutside) {
                while let last = open.last, last.end <= span.begin { open.removeLast() }
                times[span.step, default: .zero] += span.length
                if let around = open.last { times[around.step, default: .zero] -= span.length }
                open.append(span)
            }
        }
        return times
    }
}

extension TimedSpan {
    /// Whether a step of a thread comes before another one, or around it.
    static func isOutside(_ one: TimedSpan, _ other: TimedSpan) -> Bool {
        one.begin != other.begin
            ? one.begin < other.begin
            // Of two that the clock can't tell apart, that of the layer is the whole.
            : one.end != other.end ? one.end > other.end : one.step == .layer && other.step != .layer
    }
}

/// How long one layer took.
struct LayerTime: Sendable {
    let name: String
    let begin: Duration
    let end: Duration
    /// What its steps took of that.
    let steps: [TimedStep: Duration]
    let outcome: Outcome

    /// How a layer came to be there.
    enum Outcome: String, Sendable, CaseIterable {
        case built, hit, converted, taken, failed
        /// It was ended since another one had failed.
        case stopped
    }

    /// What it took from its begin to its end.
    var work: Duration { end - begin }
}
