import Testing

@testable import Stacker

@Suite("Schedule")
struct ScheduleTests {
    /// Runs a schedule to its end: of the layers that are running, `pick` says whose turn it is to end.
    ///
    /// - Returns: the layers in the order in which they were begun.
    private func run(
        _ schedule: inout Schedule, failing: Set<Int> = [], pick: ([Int]) -> Int? = \.first
    ) -> [Int] {
        var begun: [Int] = []
        while true {
            while let layer = schedule.begin() { begun.append(layer) }
            guard let ended = pick(schedule.layers(.running)) else { return begun }
            schedule.end(ended, as: failing.contains(ended) ? .failed : .built)
        }
    }

    @Test("layers that are ready are begun in the order of the recipe, at most so many at a time")
    func limit() {
        let graph = LayerGraph(needs: [[], [], [0], [], []], follows: Array(repeating: [], count: 5))
        var schedule = Schedule(graph, limit: 2, keepsGoing: false)
        #expect(schedule.begin() == 0)
        #expect(schedule.begin() == 1)
        #expect(schedule.begin() == nil)
        schedule.end(1, as: .built)
        // 2 needs what is being built.
        #expect(schedule.begin() == 3)
        schedule.end(0, as: .built)
        #expect(schedule.begin() == 2)
    }

    @Test("one at a time is the order of the recipe")
    func one() {
        let graph = LayerGraph(needs: [[], [], [0], [1], [3, 0]], follows: [[], [0], [], [], [2]])
        var schedule = Schedule(graph, limit: 1, keepsGoing: false)
        #expect(run(&schedule) == [0, 1, 2, 3, 4])
        #expect(schedule.layers(.built) == [0, 1, 2, 3, 4])
    }

    @Test("after a failure nothing is begun")
    func failure() {
        let graph = LayerGraph(needs: [[], [], [], []], follows: [[], [], [], []])
        var schedule = Schedule(graph, limit: 2, keepsGoing: false)
        #expect(run(&schedule, failing: [1], pick: \.last) == [0, 1])
        #expect(schedule.layers(.failed) == [1])
        #expect(schedule.layers(.waiting) == [2, 3])
    }

    @Test("one that keeps going loses what needs a failure, near and far, and not what only follows it")
    func keepsGoing() {
        let graph = LayerGraph(needs: [[], [0], [1], [], []], follows: [[], [], [], [0], [2]])
        var schedule = Schedule(graph, limit: 3, keepsGoing: true)
        #expect(run(&schedule, failing: [0]) == [0, 3, 4])
        #expect(schedule.layers(.lost) == [1, 2])
        #expect(schedule.layers(.built) == [3, 4])
    }

    @Test("what needs a failure is awaited no more, although as many are running as may; after the end nothing is")
    func awaited() {
        let graph = LayerGraph(needs: [[], [], [], [0], [3], [1]], follows: [[], [], [], [], [], [2]])
        var schedule = Schedule(graph, limit: 2, keepsGoing: true)
        #expect(schedule.begin() == 0)
        #expect(schedule.begin() == 1)
        #expect(schedule.awaited == [2, 3, 4, 5])
        schedule.end(0, as: .failed)
        #expect(schedule.begin() == 2)
        #expect(schedule.awaited == [5])
        #expect(!schedule.hasFollowed(5))
        schedule.end(2, as: .built)
        #expect(schedule.hasFollowed(5))
        var ending = Schedule(graph, limit: 2, keepsGoing: false)
        #expect(ending.begin() == 0)
        ending.end(0, as: .failed)
        #expect(ending.awaited.isEmpty)
    }

    @Test("a layer that may not be begun beside others lets those behind it pass")
    func passing() {
        let graph = LayerGraph(needs: [[], [], []], follows: [[], [], []])
        var schedule = Schedule(graph, limit: 3, keepsGoing: false)
        #expect(schedule.begin() == 0)
        #expect(schedule.begin { layer, running in layer != 1 || running.isEmpty } == 2)
        #expect(schedule.begin { layer, running in layer != 1 || running.isEmpty } == nil)
        schedule.end(0, as: .built)
        schedule.end(2, as: .built)
        #expect(schedule.begin { layer, running in layer != 1 || running.isEmpty } == 1)
    }

    @Test("whatever ends first, a layer is begun after all that it needs and follows", arguments: 0..<50)
    func random(seed: UInt64) {
        var random = Numbers(state: seed)
        let count = 30
        var (needs, follows): ([Set<Int>], [Set<Int>]) = ([], [])
        for layer in 0..<count {
            let before = (0..<layer).filter { _ in Int.random(in: 0..<8, using: &random) == 0 }
            needs.append(Set(before.filter { $0 % 2 == 0 }))
            follows.append(Set(before.filter { $0 % 2 == 1 }))
        }
        let failing = Set((0..<count).filter { _ in Int.random(in: 0..<10, using: &random) == 0 })
        var schedule = Schedule(LayerGraph(needs: needs, follows: follows), limit: 4, keepsGoing: true)
        let begun = run(&schedule, failing: failing) { $0.randomElement(using: &random) }
        for (place, layer) in begun.enumerated() {
            #expect(needs[layer].isSubset(of: begun[..<place]))
            #expect(follows[layer].isSubset(of: Set(begun[..<place]).union(schedule.layers(.lost))))
        }
        #expect(schedule.layers(.waiting).isEmpty)
        #expect(Set(begun).isDisjoint(with: schedule.layers(.lost)))
    }
}

/// Always the same numbers for the same beginning: splitmix64.
private struct Numbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var number = state
        number = (number ^ (number >> 30)) &* 0xbf58_476d_1ce4_e5b9
        number = (number ^ (number >> 27)) &* 0x94d0_49bb_1331_11eb
        return number ^ (number >> 31)
    }
}
