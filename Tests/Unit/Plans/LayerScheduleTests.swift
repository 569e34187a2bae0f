import Testing

@testable import Plans

@Suite("What would be faster")
struct LayerScheduleTests {
    /// A layer that everything needs, three that need only that, and one that needs two of them.
    private static let fan = LayerSchedule(
        work: [2, 3, 4, 4, 1].map { .seconds($0) }, needs: [[], [0], [0], [0], [1, 2]])

    @Test("the critical path is the chain that takes longest, whatever it is made of")
    func criticalPath() {
        #expect(Self.fan.criticalPath.layers == [0, 2, 4])
        #expect(Self.fan.criticalPath.length == .seconds(7))
        var other = Self.fan.work
        other[3] = .seconds(6)
        #expect(LayerSchedule(work: other, needs: Self.fan.needs).criticalPath.layers == [0, 3])
        #expect(LayerSchedule(work: [], needs: []).criticalPath.layers == [])
        #expect(LayerSchedule(work: [.zero], needs: [[]]).criticalPath.layers == [0])
    }

    @Test(
        "layers side by side, the first of the recipe first",
        arguments: [
            // All of them; 0, then 1 and 2, then 3 after 1 and 4 after 2; all three at once.
            (1, 14), (2, 9), (3, 7), (8, 7),
        ])
    func length(jobs: Int, seconds: Int) {
        #expect(Self.fan.length(jobs: jobs) == .seconds(seconds))
    }

    @Test("no more jobs than make a difference")
    func usefulJobs() {
        #expect(Self.fan.usefulJobs == 3)
        #expect(LayerSchedule(work: [.seconds(1), .seconds(1)], needs: [[], [0]]).usefulJobs == 1)
        let eight = LayerSchedule(work: Array(repeating: .seconds(1), count: 8), needs: Array(repeating: [], count: 8))
        #expect(eight.usefulJobs == 8)
        #expect(eight.length(jobs: 3) == .seconds(3))
        // A fiftieth more is no difference.
        let hardly = LayerSchedule(work: [.seconds(100), .seconds(1), .seconds(1)], needs: [[], [0], [0]])
        #expect(hardly.usefulJobs == 1)
        #expect(LayerSchedule(work: [], needs: []).usefulJobs == 1)
    }

    @Test("the group of layers that need the same")
    func group() {
        #expect(Self.fan.largestGroup == [1, 2, 3])
        #expect(LayerSchedule(work: [.seconds(1), .seconds(1)], needs: [[], [0]]).largestGroup == [])
    }

    @Test(
        "against all orders of small graphs: no schedule is shorter than the critical path, or longer than one by one")
    func bounds() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            let count = Int.random(in: 1...12, using: &random)
            let needs = (0..<count).map { place in
                (0..<place).filter { _ in Int.random(in: 0..<3, using: &random) == 0 }
            }
            let work = (0..<count).map { _ in Duration.seconds(Int.random(in: 0...9, using: &random)) }
            let schedule = LayerSchedule(work: work, needs: needs)
            let (path, length) = schedule.criticalPath
            #expect(path.reduce(.zero) { $0 + work[$1] } == length)
            for (one, next) in zip(path, path.dropFirst()) { #expect(needs[next].contains(one)) }
            #expect(schedule.length(jobs: 1) == work.reduce(.zero, +))
            #expect(schedule.length(jobs: count) == length)
            for jobs in 2...4 {
                let some = schedule.length(jobs: jobs)
                #expect(some >= length && some <= schedule.length(jobs: 1))
            }
        }
    }
}
