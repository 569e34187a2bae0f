/// Things that need other things, by index.
struct DependencyGraph {
    /// For each thing, what it needs.
    let needs: [[Int]]

    /// A chain of things, each of which needs the next, that ends where it began.
    struct Cycle: Error, Equatable {
        /// The chain; the last is the first again.
        let path: [Int]
    }

    /// Everything, each after what it needs.
    ///
    /// - Throws: the first ``Cycle`` that is met from the first thing on.
    func order() throws(Cycle) -> [Int] {
        var result: [Int] = []
        var state = [State](repeating: .new, count: needs.count)
        for start in needs.indices where state[start] == .new {
            // The things that are being looked at, and how many of their needs have been. Not recursive: a chain may be
            // as long as the input.
            var path = [(thing: start, next: 0)]
            state[start] = .open
            while let (thing, next) = path.last {
                guard next < needs[thing].count else {
                    state[thing] = .done
                    result.append(thing)
                    path.removeLast()
                    continue
                }
                path[path.count - 1].next += 1
                let need = needs[thing][next]
                switch state[need] {
                case .done: continue
                case .open:
                    let chain = path.map(\.thing)
                    throw Cycle(path: chain[(chain.firstIndex(of: need) ?? 0)...] + [need])
                case .new:
                    state[need] = .open
                    path.append((need, 0))
                }
            }
        }
        return result
    }

    private enum State {
        case new, open, done
    }

    /// The longest chain of needs below each thing: 0 for what needs nothing.
    func ranks() throws(Cycle) -> [Int] {
        try weights { _, _ in 1 }
    }

    /// Everything, each after what it needs, as near to the order of the indices as a reader who goes through them from
    /// the start again and again comes, taking each thing as soon as all it needs has been taken.
    func orderInPasses() throws(Cycle) -> [Int] {
        // A thing waits for the next pass exactly if it stands before what it needs.
        let passes = try weights { thing, need in need > thing ? 1 : 0 }
        return needs.indices.sorted { (passes[$0], $0) < (passes[$1], $1) }
    }

    /// For each thing, the most that `step` adds up to along a chain of needs.
    private func weights(_ step: (_ thing: Int, _ need: Int) -> Int) throws(Cycle) -> [Int] {
        var weights = [Int](repeating: 0, count: needs.count)
        for thing in try order() {
            weights[thing] = needs[thing].map { weights[$0] + step(thing, $0) }.max() ?? 0
        }
        return weights
    }
}
