import Glibc
import Synchronization

/// What a build did when: its layers, and the steps of each. It locks itself.
///
/// One that nobody asked for takes no times and keeps nothing.
struct BuildTimeline: Sendable {
    private let recorder: Recorder?

    /// The timeline of a build that nobody wants to see.
    static let off = BuildTimeline(recorder: nil)

    private init(recorder: Recorder?) {
        self.recorder = recorder
    }

    /// A timeline that begins now.
    static func running() -> BuildTimeline { BuildTimeline(recorder: Recorder()) }

    /// Does a step, and remembers from when to when. On one thread, steps may be parts of others.
    ///
    /// - Parameters:
    ///   - layer: whose step it is; `nil` for one of the whole build.
    ///   - detail: what else there is to know of it.
    func measure<Result>(
        _ step: TimedStep, of layer: String? = nil, _ detail: @autoclosure () -> String? = nil,
        body: () throws -> Result
    ) rethrows -> Result {
        guard let recorder else { return try body() }
        let begin = ContinuousClock.now
        do {
            let result = try body()
            recorder.add(step, of: layer, detail(), since: begin, hasFailed: false)
            return result
        } catch {
            recorder.add(step, of: layer, detail(), since: begin, hasFailed: true)
            throw error
        }
    }

    /// Remembers how a layer came to be there; one of which nothing is noted was built.
    func note(_ outcome: LayerTime.Outcome, of layer: String) {
        recorder?.state.withLock { $0.outcomes[layer] = outcome }
    }

    /// All steps that have ended by now; `nil` if nobody asked for them.
    var times: BuildTimes? {
        guard let recorder else { return nil }
        let (spans, outcomes) = recorder.state.withLock { ($0.spans, $0.outcomes) }
        return BuildTimes(
            total: ContinuousClock.now - recorder.start, processorTime: Self.processorTime - recorder.processorTime,
            spans: spans, outcomes: outcomes)
    }

    private final class Recorder: Sendable {
        let start = ContinuousClock.now
        let processorTime = BuildTimeline.processorTime
        let state = Mutex(State())

        struct State {
            var spans: [TimedSpan] = []
            var outcomes: [String: LayerTime.Outcome] = [:]
        }

        func add(
            _ step: TimedStep, of layer: String?, _ detail: String?, since begin: ContinuousClock.Instant,
            hasFailed: Bool
        ) {
            let span = TimedSpan(
                step: step, layer: layer, detail: detail, thread: UInt(pthread_self()), begin: begin - start,
                end: ContinuousClock.now - start, hasFailed: hasFailed)
            state.withLock { $0.spans.append(span) }
        }
    }

    /// What processors have worked for this process, and for those of its children that have ended.
    private static var processorTime: Duration {
        [RUSAGE_SELF.rawValue, RUSAGE_CHILDREN.rawValue].reduce(.zero) { sum, who in
            var usage = rusage()
            guard getrusage(__rusage_who_t(who), &usage) == 0 else { return sum }
            return [usage.ru_utime, usage.ru_stime].reduce(sum) {
                $0 + .seconds(Int64($1.tv_sec)) + .microseconds(Int64($1.tv_usec))
            }
        }
    }
}

/// What is measured of a build. What it says of itself is what a trace calls it.
enum TimedStep: String, Sendable, CaseIterable {
    /// All that is done for a layer; the other steps are parts of it.
    case layer
    /// Its inputs are looked up, and hashed, and the cache is asked.
    case resolve
    /// What it is built on, or the layer itself, comes from a registry; what comes is unpacked meanwhile.
    case fetch
    /// Layers are unpacked.
    case unpack
    /// Its imports and overlay dirs are copied.
    case imports
    /// Its `run:`.
    case script
    /// Its `generate_labels:`.
    case labels
    /// Its image is made.
    case pack
    /// It is put into shared caches.
    case share
    /// What was found out is kept for the next build.
    case finish
}

/// One step, in times since the build began.
struct TimedSpan: Sendable, Equatable {
    var step: TimedStep
    var layer: String?
    var detail: String?
    /// Which thread did it. Of two steps of one thread, one is a part of the other, or they are
    /// one after the other.
    var thread: UInt
    var begin: Duration
    var end: Duration
    var hasFailed = false

    var length: Duration { end - begin }
}
