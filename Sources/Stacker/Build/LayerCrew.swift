import Dispatch
import Host
import Synchronization

/// Builds the layers of a schedule, each on a thread of its own, and knows how each ended.
struct LayerCrew {
    private(set) var schedule: Schedule
    /// Why layers failed, by their numbers; not those that were only ended because another one had.
    private(set) var failures: [Int: any Error] = [:]
    private let cancellation: Cancellation
    private let keepsGoing: Bool

    /// What threads have to say.
    private final class News: Sendable {
        let ended = Mutex<[(layer: Int, error: (any Error)?)]>([])
        let something = DispatchSemaphore(value: 0)
    }

    /// - Parameters:
    ///   - limit: how many layers are built at a time.
    ///   - keepsGoing: whether a failure ends nothing but what needs the layer; otherwise it cancels all.
    init(_ graph: LayerGraph, limit: Int, keepsGoing: Bool, cancelling cancellation: Cancellation) {
        schedule = Schedule(graph, limit: limit, keepsGoing: keepsGoing)
        (self.cancellation, self.keepsGoing) = (cancellation, keepsGoing)
    }

    /// Builds all that can be built; returns when no thread of it is left.
    ///
    /// - Parameters:
    ///   - mayBegin: whether a layer that could be built may, beside those that are: it is begun if so.
    ///   - whenBegun: called when all layers have been begun that can be.
    ///   - after: gets to know of each layer that has come to an end. On the thread of the caller, as the others.
    ///   - build: builds one, which may be one beside which nothing can be built. On a thread of its own.
    mutating func run(
        mayBegin: (_ layer: Int, _ running: [Int]) -> Bool, after: (Int, Schedule.State) throws -> Void,
        whenBegun: (Schedule) -> Void, build: @escaping @Sendable (_ layer: Int, _ isAlone: Bool) throws -> Void
    ) {
        let news = News()
        while true {
            // With a stop signal all ends, whoever keeps going.
            while !cancellation.isCancelled, let layer = schedule.begin(mayBegin) {
                let isAlone = schedule.bearsNothing(beside: layer)
                // A queue for each has a thread at once.
                DispatchQueue(label: "layer.build").async {
                    var failure: (any Error)?
                    do { try build(layer, isAlone) } catch { failure = error }
                    news.ended.withLock { [failure] in $0.append((layer, failure)) }
                    news.something.signal()
                }
            }
            if schedule.layers(.running).isEmpty { return }
            whenBegun(schedule)
            news.something.wait()
            let ended = news.ended.withLock { all in
                defer { all = [] }
                return all
            }
            for (layer, error) in ended {
                note(layer, error)
                do { try after(layer, schedule.states[layer]) } catch { note(layer, error) }
            }
        }
    }

    private mutating func note(_ layer: Int, _ error: (any Error)?) {
        guard let error else { return schedule.end(layer, as: .built) }
        let isOnlyStopped = Cancellation.Cancelled.isCause(of: error)
        if !isOnlyStopped { failures[layer] = error }
        schedule.end(layer, as: isOnlyStopped ? .stopped : .failed)
        if !keepsGoing || StopSignal.pending != nil { cancellation.cancel() }
    }
}
