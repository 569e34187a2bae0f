/// Which layer comes next: those that can be built are begun in the order of the recipe, at most so many at a time.
struct Schedule {
    /// What has become of a layer.
    enum State: Sendable {
        /// Not begun.
        case waiting
        case running
        case built
        case failed
        /// Begun, and ended because another one failed.
        case stopped
        /// Not begun, and it never will be: what it needs can't be had.
        case lost
    }

    private(set) var states: [State]
    private let graph: LayerGraph
    private let limit: Int
    private let keepsGoing: Bool
    /// Whether nothing is begun any more.
    private var isEnding = false
    /// All before it have been begun.
    private var first = 0

    /// - Parameters:
    ///   - limit: how many layers are built at a time, at most; 1 or more.
    ///   - keepsGoing: whether a failure ends nothing but what needs the layer.
    init(_ graph: LayerGraph, limit: Int, keepsGoing: Bool) {
        (self.graph, self.limit, self.keepsGoing) = (graph, limit, keepsGoing)
        states = graph.needs.map { _ in .waiting }
    }

    /// The layers that are in a state.
    func layers(_ state: State) -> [Int] { states.indices.filter { states[$0] == state } }

    /// Whether a layer may still change something: it is being built, or will be.
    func isOpen(_ layer: Int) -> Bool { states[layer] == .waiting || states[layer] == .running }

    /// The layers that will be begun if no other fails.
    var awaited: [Int] { isEnding ? [] : layers(.waiting) }

    /// Whether all has ended that a layer comes after, whatever became of it, apart from what it needs.
    func hasFollowed(_ layer: Int) -> Bool { !graph.follows[layer].contains(where: isOpen) }

    /// Whether no other layer is built, or can be begun, before this one has ended.
    func bearsNothing(beside layer: Int) -> Bool {
        if limit == 1 { return true }
        var behind: Set = [layer]
        for other in states.indices where isOpen(other) && other != layer {
            guard !behind.isDisjoint(with: graph.needs[other]) || !behind.isDisjoint(with: graph.follows[other]) else {
                return false
            }
            behind.insert(other)
        }
        return true
    }

    /// Begins the next layer, if there is one that can be begun now.
    ///
    /// - Parameter mayBegin: whether one that could may, beside those that are running: it is begun if so, and another one
    ///   is looked for if not.
    mutating func begin(_ mayBegin: (_ layer: Int, _ running: [Int]) -> Bool = { _, _ in true }) -> Int? {
        let running = layers(.running)
        guard !isEnding, running.count < limit else { return nil }
        while first < states.count, states[first] != .waiting { first += 1 }
        for layer in first..<states.count where states[layer] == .waiting {
            guard graph.needs[layer].allSatisfy({ states[$0] == .built }), hasFollowed(layer), mayBegin(layer, running)
            else { continue }
            states[layer] = .running
            return layer
        }
        return nil
    }

    /// Takes note of how a layer ended.
    mutating func end(_ layer: Int, as state: State) {
        states[layer] = state
        if state == .built { return }
        guard keepsGoing else { return isEnding = true }
        for other in states.indices where states[other] == .waiting {
            if graph.needs[other].contains(where: { [.failed, .stopped, .lost].contains(states[$0]) }) {
                states[other] = .lost
            }
        }
    }
}
