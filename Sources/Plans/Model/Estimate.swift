/// How long it takes to build what is missing, if it takes as long as last time.
struct Estimate {
    /// How long each layer of the plan takes, by its place; what is not built takes no time, and neither does what nobody
    /// knows the time of.
    private let layers: LayerSchedule
    /// The same for jobs.
    private let jobs: LayerSchedule
    /// The number of layers to be built whose time is not known.
    let unknown: Int
    /// The places of the layers that are to be built.
    private let missing: Set<Int>

    init(_ plan: Plan) {
        let all = plan.layers
        missing = Set(all.indices.filter { all[$0].state == .missing })
        unknown = missing.count { all[$0].seconds == nil }
        layers = LayerSchedule(
            work: all.map { .seconds($0.state == .missing ? $0.seconds ?? 0 : 0) }, needs: plan.layerNeeds.direct)
        let jobs = plan.jobs
        self.jobs = LayerSchedule(work: jobs.map { .seconds($0.seconds ?? 0) }, needs: jobs.map(\.needs))
    }

    /// Whether the time of any layer that is to be built is known.
    var isKnown: Bool { unknown < missing.count }

    /// One layer after the other, in seconds.
    var work: Double { layers.work.reduce(.zero, +) / .seconds(1) }

    /// The chain of layers that takes longest, by their places, as far as they are to be built.
    var criticalPath: [Int] { layers.criticalPath.layers.filter(missing.contains) }

    /// How long that takes, in seconds: no number of machines is faster.
    var shortest: Double { layers.criticalPath.length / .seconds(1) }

    /// The number of machines, each of which works on one job at a time and builds layer after layer, with which all takes
    /// hardly longer than with any number; and how long it takes with so many, in seconds.
    var machines: (count: Int, seconds: Double) {
        let count = jobs.usefulJobs
        return (count, jobs.length(jobs: count) / .seconds(1))
    }
}
