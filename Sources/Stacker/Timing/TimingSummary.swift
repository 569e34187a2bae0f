import Failure
import Plans

/// What a build's times say, in words: where the time went, and what would be faster. All of it is computed from what was
/// measured.
struct TimingSummary {
    private let times: BuildTimes
    /// The layers that were begun, in the order of the recipe.
    private let layers: [LayerTime]
    private let schedule: LayerSchedule
    /// How many layers were built at once, at most.
    private let jobs: Int
    /// How many processors the machine has.
    private let processors: Int
    /// Whether layers could be compressed less.
    private let canCompressLess: Bool

    init(_ times: BuildTimes, _ needs: LayerNeeds, jobs: Int, processors: Int, canCompressLess: Bool) {
        self.times = times
        self.jobs = jobs
        self.processors = max(1, processors)
        self.canCompressLess = canCompressLess
        let known = Dictionary(times.layers.map { ($0.name, $0) }) { first, _ in first }
        var places: [Int: Int] = [:]
        var layers: [LayerTime] = []
        for (place, name) in needs.names.enumerated() {
            guard let layer = known[name] else { continue }
            places[place] = layers.count
            layers.append(layer)
        }
        self.layers = layers
        schedule = LayerSchedule(
            work: layers.map(\.work), needs: places.keys.sorted().map { needs.needs[$0].compactMap { places[$0] } })
    }

    /// The lines of the summary.
    var lines: [String] {
        let path = schedule.criticalPath
        var lines = ["\(inWords(times.total)): \(outcomes)"]
        guard !layers.isEmpty else { return lines }
        lines.append("critical path: \(inWords(path.length)): \(chain(path.layers))")
        lines.append("of it \(steps(of: path.layers))")
        // Of what was not built to its end nobody knows how long it takes.
        guard !layers.contains(where: { [.failed, .stopped].contains($0.outcome) }) else { return lines }
        lines += sideBySide(path.length)
        lines += packing(jobs > 1 ? path.layers : Array(layers.indices))
        return lines
    }

    private var outcomes: String {
        let counts = Dictionary(grouping: layers, by: \.outcome).mapValues(\.count)
        let words = LayerTime.Outcome.allCases.compactMap { outcome in
            counts[outcome].map { "\($0) \(outcome.inWords)" }
        }
        let list = words.isEmpty ? "none begun" : words.joined(separator: ", ")
        return "layers: \(list)"
    }

    /// The layers of a path with their times; of a long one those that took longest.
    private func chain(_ path: [Int]) -> String {
        let shown = Set(path.sorted { layers[$0].work > layers[$1].work }.prefix(Self.shownLayers))
        var words: [String] = []
        var omitted = 0
        for layer in path {
            if shown.contains(layer) {
                if omitted > 0 { words.append("\(omitted) more") }
                omitted = 0
                words.append("\(name(layer)) \(inWords(layers[layer].work))")
            } else {
                omitted += 1
            }
        }
        if omitted > 0 { words.append("\(omitted) more") }
        return words.joined(separator: " -> ")
    }

    private static let shownLayers = 8

    /// The steps of some layers, the longest first.
    private func steps(of path: [Int]) -> String {
        var sums: [TimedStep: Duration] = [:]
        for layer in path { sums.merge(layers[layer].steps, uniquingKeysWith: +) }
        let rest = path.reduce(.zero) { $0 + layers[$1].work } - sums.values.reduce(.zero, +)
        let words = TimedStep.allCases.filter { sums[$0] ?? .zero >= .milliseconds(1) }
            .sorted { (sums[$0] ?? .zero) > (sums[$1] ?? .zero) }
            .map { "\($0.rawValue) \(inWords(sums[$0] ?? .zero))" }
        let other = words.isEmpty || rest >= .milliseconds(1) ? ["other \(inWords(rest))"] : []
        return (words + other).joined(separator: ", ")
    }

    // MARK: - What would be faster

    /// What more layers at once would make of it.
    private func sideBySide(_ path: Duration) -> [String] {
        let needed = schedule.usefulJobs
        // What is no layer's time remains, however many are built at once.
        let beside = times.total - coveredTime
        let busy = times.processorTime / processors
        let estimate = max(schedule.length(jobs: needed) + beside, busy)
        if needed > jobs, isWorthIt(estimate) {
            return [
                "with --jobs \(needed) it would have taken \(inWords(estimate)), if that makes none of them slower; "
                    + "more at once would gain nothing"
            ] + group
        }
        if needed > jobs, !isWorthIt(busy) {
            return [
                "the processors were busy for \(inWords(times.processorTime)), which \(processors) can't do in less than "
                    + "\(inWords(busy)): more layers at once would gain nothing"
            ]
        }
        guard path >= times.total * 9 / 10 else { return [] }
        return ["nothing but the critical path is left: \(inWords(path)) of \(inWords(times.total))"]
    }

    private var group: [String] {
        let group = schedule.largestGroup
        guard let first = group.first else { return [] }
        let needs = schedule.needs[first]
        let what = needs.isEmpty ? "need none of the others" : "need only \(list(needs))"
        let sum = group.reduce(.zero) { $0 + layers[$1].work }
        return ["\(list(group)) \(what), and took \(inWords(sum)) together"]
    }

    /// Which layers were mostly packed.
    private func packing(_ candidates: [Int]) -> [String] {
        guard canCompressLess else { return [] }
        let packed = candidates.filter { layer in
            let time = layers[layer].packing
            return time * 2 >= layers[layer].work && time * 10 >= times.total && time > .zero
        }
        return packed.sorted { layers[$0].packing > layers[$1].packing }.prefix(3).map { layer in
            let (time, work) = (layers[layer].packing, layers[layer].work)
            return "\(name(layer)) spent \(Int(time / work * 100)) % of its \(inWords(work)) in pack: "
                + "a lower --compression-level takes less, and makes larger layers"
        }
    }

    /// Whether an estimate is below the time that it took by more than what is due to chance.
    private func isWorthIt(_ estimate: Duration) -> Bool { estimate * 20 < times.total * 19 }

    /// For how long at least one layer was being looked at.
    private var coveredTime: Duration {
        var (covered, end) = (Duration.zero, Duration.zero)
        for layer in layers.sorted(by: { $0.begin < $1.begin }) where layer.end > end {
            covered += layer.end - max(layer.begin, end)
            end = layer.end
        }
        return covered
    }

    private func name(_ layer: Int) -> String { shown(layers[layer].name, limit: 80) }

    private func list(_ layers: [Int]) -> String {
        let names = layers.prefix(Self.shownLayers).map(name)
        if layers.count > names.count {
            return names.joined(separator: ", ") + " and \(layers.count - names.count) more"
        }
        guard names.count > 1, let last = names.last else { return names.joined() }
        return names.dropLast().joined(separator: ", ") + " and \(last)"
    }
}

extension LayerTime {
    fileprivate var packing: Duration { steps[.pack] ?? .zero }
}

extension LayerTime.Outcome {
    fileprivate var inWords: String {
        switch self {
        case .built: "built"
        case .hit: "found in the cache"
        case .converted: "made of what was built before"
        case .taken: "taken from a shared cache"
        case .failed: "failed"
        case .stopped: "ended before they were built"
        }
    }
}

/// `12.4 s`, `320 ms`: how long something took.
func inWords(_ time: Duration) -> String {
    let milliseconds = Int64((time / .milliseconds(1)).rounded())
    guard milliseconds >= 1000 else { return "\(max(0, milliseconds)) ms" }
    let tenths = (milliseconds + 50) / 100
    return "\(tenths / 10).\(tenths % 10) s"
}
