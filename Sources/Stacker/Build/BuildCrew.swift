import Host
import Recipes
import Synchronization
import SystemPackage

/// The layers of one build on their way: several at a time, as far as none needs another.
///
/// What comes out does not depend on how many: who looks at inputs, decides, builds and names is the layer's own thread, and
/// it begins when all is there that could make a difference.
struct BuildCrew {
    private let run: BuildRun
    private let layers: [RecipeSet.Layer]
    private let recipes: RecipeSet
    private let jobs: Int
    private let keepsGoing: Bool
    private let project: Project

    init(_ run: BuildRun, _ project: Project, _ request: BuildRequest) {
        (self.run, self.project, recipes) = (run, project, project.recipes)
        layers = recipes.layers
        jobs = request.layersAtOnce
        keepsGoing = request.keepsGoing
    }

    /// Builds all, or as much as can be.
    ///
    /// - Throws: why a layer could not be built; ``BuildFailures`` if there are several.
    func build() throws {
        var crew = LayerCrew(
            LayerGraph(recipes, own: project.directories.own), limit: jobs, keepsGoing: keepsGoing,
            cancelling: project.cancellation)
        var buildOnly = BuildOnlyUse(recipes, isSettled: run.isSettled)
        let beside = LayersBeside(project)
        let ahead = jobs > 1 ? AheadBases { [run, layers] in run.bringAhead(layers[$0]) } : nil
        crew.run(
            mayBegin: { layer, running in
                guard buildOnly.begin(layer, beside: running) else { return false }
                run.announce(layers[layer])
                return true
            },
            after: { layer, state in
                buildOnly.end(layer)
                try end(layer, as: state)
            },
            whenBegun: { schedule in ahead?.want(worthBringing(schedule)) },
            build: { [run, layers] layer, isAlone in
                try beside.count(layers[layer].definition.name, isAlone, run) { run in
                    _ = try run.provide(layers[layer])
                }
            })
        ahead?.end()
        // Those behind them have waited for their tags.
        for layer in crew.schedule.layers(.lost) { try end(layer, as: .lost) }
        let failures = crew.failures.sorted { $0.key < $1.key }.map(\.value)
        // Of a stop signal each of them has the same to say.
        if StopSignal.pending != nil, let failure = failures.first { throw failure }
        guard let failure = BuildFailures.together(failures) else { return }
        report(crew.schedule)
        throw failure
    }

    /// The layers that wait for their turn, and whose bases can be brought here by then: up to the first that bears nothing
    /// beside it.
    private func worthBringing(_ schedule: Schedule) -> [Int] {
        let isSerial = { layers[$0].definition.isSerial && schedule.isOpen($0) }
        let bound = layers.indices.first(where: isSerial) ?? layers.endIndex
        return schedule.awaited.filter {
            $0 < bound && run.isWorthBringing(layers[$0], mayLookHere: schedule.hasFollowed($0))
        }
    }

    /// Has those behind a layer tagged that have waited for it. Where nothing is begun any more they go on waiting, until the
    /// next build has made what is missing before them: the index gets the order that it would have without a failure.
    private func end(_ layer: Int, as state: Schedule.State) throws {
        guard state == .built || keepsGoing && !project.cancellation.isCancelled else { return }
        try run.end(layers[layer])
    }

    /// Names what the failure of others has kept from being built. Where one layer is built after the other that goes
    /// without saying.
    private func report(_ schedule: Schedule) {
        guard jobs > 1 || keepsGoing else { return }
        let log = project.log
        func say(_ what: String, _ numbers: [Int]) {
            if numbers.isEmpty { return }
            log.info("\(what): \(numbers.map { layers[$0].definition.name }.joined(separator: ", "))")
        }
        say("ended before they were built", schedule.layers(.stopped))
        say("not begun", schedule.layers(.waiting))
        say("not built, since they need what failed", schedule.layers(.lost))
    }
}

/// How many layers are being built, for who says something beside others.
private final class LayersBeside: Sendable {
    private let log: Log
    private let directory: FilePath
    private let running = Atomic(0)

    init(_ project: Project) { (log, directory) = (project.log, project.directories.stacker) }

    /// Runs `body` as one of them, so that what it says is heard beside others if it isn't alone.
    func count(_ name: String, _ isAlone: Bool, _ run: BuildRun, _ body: (BuildRun) throws -> Void) rethrows {
        running.wrappingAdd(1, ordering: .relaxed)
        defer { running.wrappingSubtract(1, ordering: .relaxed) }
        if isAlone { return try body(run) }
        let lines = LayerLines(of: name, in: log, spillingInto: directory) { [self] in
            running.load(ordering: .relaxed) == 1
        }
        defer { lines.end() }
        try body(run.saying(by: lines))
    }
}
