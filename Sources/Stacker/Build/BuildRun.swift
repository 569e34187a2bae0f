import Failure
import Host
import Layers
import Recipes
import Roots

/// The way of a build through its layers: each is found in the cache, taken from another machine's, or built.
struct BuildRun: Sendable {
    private var context: BuildContext
    private let mayBuild: Bool
    private var bases: Bases
    private var lookup: CacheLookup
    private let output: OutputLayout
    private let shared: SharedCache
    private let gitVersions = GitVersions()
    /// What is taken from caches, and why: other layers are looked for in any case.
    private var forecast: Forecast?
    private var lost: LostEntries?

    private var request: BuildRequest { context.request }
    private var cache: BuildCache { context.cache }
    private var log: Log { context.log }
    private var timeline: BuildTimeline { context.timeline }

    /// Opens what earlier builds have left. Only for the holder of the locks.
    init(
        _ request: BuildRequest, _ identity: BuildIdentity, _ project: Project, mayBuild: Bool,
        _ timeline: BuildTimeline
    ) throws {
        let roots = try RootsDirectory(takingOver: project.directories.roots)
        context = try project.context(of: request, by: identity, in: roots, telling: timeline)
        output = try OutputLayout(context, tagging: project.recipes.layers.map(\.definition))
        self.mayBuild = mayBuild
        bases = Bases(context)
        lookup = CacheLookup(bases: bases)
        shared = try SharedCache(context, output)
        if mayBuild { try context.roots.removeTemporaries() }
    }

    /// Says that a layer's turn has come. Before ``provide(_:of:)``, on the thread that knows the order.
    func announce(_ layer: RecipeSet.Layer) { log.info("preparing image \(layer.definition.name)...") }

    /// The same for one layer of several that are built at a time, which says by `lines` what it has to say.
    func saying(by lines: LayerLines) -> BuildRun {
        var run = self
        run.bases.context = context.saying(by: lines)
        run.context = run.bases.context
        run.lookup = CacheLookup(bases: run.bases)
        return run
    }

    /// Sees that there is what a layer's build gives. The layers that it needs have come before.
    ///
    /// - Returns: false if it must be built and may not.
    func provide(_ layer: RecipeSet.Layer) throws -> Bool {
        try timeline.measure(.layer, of: layer.definition.name) {
            do {
                return try findOrBuild(layer)
            } catch {
                timeline.note(Cancellation.Cancelled.isCause(of: error) ? .stopped : .failed, of: layer.definition.name)
                throw error
            }
        }
    }

    private func findOrBuild(_ layer: RecipeSet.Layer) throws -> Bool {
        let name = layer.definition.name
        if case .shared(_, let inputs)? = forecast?[name] {
            guard mayBuild else { return false }
            try takeForeseen(layer, inputs)
            return true
        }
        let (inputs, decision) = try timeline.measure(.resolve, of: name) {
            let inputs = try lookup.inputs(layer, mayUnpack: mayBuild)
            shared.keys.note(layer, inputs)
            return (inputs, try lookup.decide(layer, inputs))
        }
        switch decision {
        case .hit(let entry):
            timeline.note(.hit, of: name)
            // What there is to send may be readable only within the namespace.
            guard mayBuild || request.cacheTo.isEmpty else { return false }
            cache.learn(entry, of: name)
            let storage = context.roots.layer(name)
            if try !layer.definition.isBuildOnly && (storage.isGone || entry.isOutdated(storage)) {
                guard mayBuild else { return false }
                try layerBuild(layer).restoreStorage(entry)
            }
            try retag(name, entry)
            try give(layer, isNew: false)
        case .lacking(let types, let entry):
            guard mayBuild else { return false }
            timeline.note(.converted, of: name)
            try add(types, to: entry, layer)
        case .miss(let reason):
            guard mayBuild, let inputs else { return false }
            if let reason { log.info(reason) }
            try build(layer, inputs)
        }
        return true
    }

    /// Points the tags of a cached layer at its images: somebody may have taken them away.
    private func retag(_ name: String, _ entry: BuildCache.Entry) throws {
        guard !entry.manifests.isEmpty else { return log.info("found cached layer \(name)") }
        try output.tag(entry.manifests, of: name, request.layerTypes)
        for type in request.layerTypes where entry.manifests[type] != nil {
            log.info("found cached layer \(type.tag(for: name))")
        }
    }

    /// Makes what is missing of a cached layer's images.
    private func add(_ types: [LayerType], to entry: BuildCache.Entry, _ layer: RecipeSet.Layer) throws {
        let name = layer.definition.name
        if !layer.definition.isBuildOnly {
            let list = types.map(\.rawValue).joined(separator: ", ")
            log.info("making \(name) as \(list) of what was built before")
        }
        // It is the same build: what stands on it need not be built again.
        var entry = entry
        for type in types { entry.blobs?[type] = nil }
        entry.manifests.merge(try layerBuild(layer).add(types, to: entry)) { $1 }
        try cache.record(entry, for: name)
        try retag(name, entry)
        try give(layer, isNew: false)
    }

    private func give(_ layer: RecipeSet.Layer, isNew: Bool) throws {
        guard !request.cacheTo.isEmpty else { return }
        try timeline.measure(.share, of: layer.definition.name) { try shared.give(layer.definition, isNew: isNew) }
    }

    private func layerBuild(_ layer: RecipeSet.Layer) -> LayerBuild {
        LayerBuild(layer: layer, bases: bases, output: output, gitVersions: gitVersions)
    }

    /// Builds a layer, unless another machine has done so.
    private func build(_ layer: RecipeSet.Layer, _ inputs: LayerInputs) throws {
        let name = layer.definition.name
        try cache.forget(name)
        try context.roots.layer(name).discardDamagedOverlayDirectories()
        let build = layerBuild(layer)
        if try take(build, inputs, hasImports: true) { return try give(layer, isNew: false) }
        let begin = ContinuousClock.now
        let base = try layer.definition.sayingWhereBaseIs {
            try timeline.measure(layer.base.bringing, of: name) {
                try bases.bring(layer.base, layer.definition.platform)
            }
        }
        let outcome = try withExtendedLifetime(base) { try build.run(on: base) }
        var entry = BuildCache.Entry(inputs: inputs, outcome)
        entry.note(context.roots.layer(name))
        entry.milliseconds = Int(begin.duration(to: .now) / .milliseconds(1))
        try cache.record(entry, for: name)
        shared.keys.noteHere(name)
        try give(layer, isNew: true)
        log.info("filesystem \(name) built successfully")
    }

    /// Takes what another machine has built.
    ///
    /// - Returns: false if nobody has what can be used.
    private func take(_ build: LayerBuild, _ inputs: LayerInputs, hasImports: Bool) throws -> Bool {
        let name = build.layer.definition.name
        let taken = try shared.take(name) { entry in
            try SharedTake(
                build: build, inputs: inputs, entry: entry, frame: shared.keys[name]?.frame, hasImports: hasImports
            ).run()
        }
        guard var taken else { return false }
        taken.note(context.roots.layer(name))
        timeline.note(.taken, of: name)
        try cache.record(taken, for: name)
        shared.keys.noteHere(name)
        return true
    }

    // MARK: - Only what is missing

    /// Finds out which layers must be built, and which of the others that takes.
    ///
    /// - Parameter lost: gets to know of those that can't be taken.
    /// - Returns: the recipes with no other layers.
    mutating func keepMissing(of recipes: RecipeSet, besides lost: LostEntries) throws -> RecipeSet {
        let writers = LayerGraph.writers(in: recipes, own: context.directories.own)
        let forecast = try Forecaster(lookup: lookup, shared: shared)
            .forecast(recipes, besides: lost.names, filledBy: writers)
        let asked = recipes.layers(of: try request.locations)
        let needed = forecast.needed(for: asked)
        for name in recipes.layers.map(\.definition.name) where !needed.contains(name) {
            // No tag waits for it.
            try output.end(name)
            // Of what others asked for, they take note.
            guard asked.contains(name), case .shared(let entry, _)? = forecast[name] else { continue }
            try shared.noteUse(of: entry, as: name)
            log.info("layer \(name) is in \(entry.repository)")
        }
        (self.forecast, self.lost) = (forecast, lost)
        return recipes.keeping(needed)
    }

    /// Takes a layer that something needs which is built. What it was itself made of need not be here.
    private func takeForeseen(_ layer: RecipeSet.Layer, _ inputs: LayerInputs) throws {
        let name = layer.definition.name
        try cache.forget(name)
        try context.roots.layer(name).discardDamagedOverlayDirectories()
        if try take(layerBuild(layer), inputs, hasImports: false) { return }
        lost?.add(name)
        throw Failure(
            "layer \(name) could not be taken from the cache that has it")
    }

    /// Takes note that a layer has come to an end, whatever became of it.
    func end(_ layer: RecipeSet.Layer) throws { try output.end(layer.definition.name) }

    /// Fetches and unpacks the base of a layer that waits. Whatever is wrong with it, the layer itself will say.
    func bringAhead(_ layer: RecipeSet.Layer) {
        do {
            try timeline.measure(layer.base.bringing, of: layer.definition.name, "ahead") {
                let base = try bases.bring(layer.base, layer.definition.platform)
                try withExtendedLifetime(base) { try bases.unpack(base) }
            }
        } catch {
            log.debug("couldn't bring the base of \(layer.definition.name) ahead: \(error)")
        }
    }

    /// Whether ``bringAhead(_:)`` does something that has to be done in any case: the base is an image, and the layer will
    /// be built for sure. One that is found somewhere needs no base.
    ///
    /// - Parameter mayLookHere: whether no layer can change any more what the layer sees of this machine.
    func isWorthBringing(_ layer: RecipeSet.Layer, mayLookHere: Bool) -> Bool {
        switch layer.base {
        case .docker: break
        case .oci: guard mayLookHere else { return false }
        case .built, .scratch, .tar: return false
        }
        return request.cacheFrom.isEmpty && (request.ignoresCache || cache[layer.definition.name] == nil)
    }

    /// Refuses what can't be built for the platforms that were asked for, before anything is.
    func refuseOtherPlatforms(_ recipes: RecipeSet) throws { try PlatformChecks(bases: bases, recipes: recipes).run() }

    /// Whether an image stands on the directories of a build_only layer no longer, but on layers that they have become.
    func isSettled(_ buildOnly: String) -> Bool {
        (try? context.roots.layer(buildOnly).writtenMetadata()?.hasBuiltOCIOutput) ?? false
    }

    /// Refuses to have built for nothing: a job is there to put what it builds into a cache.
    func requireShared() throws {
        let layers = shared.notShared
        guard request.buildsOnlyMissing, !layers.isEmpty else { return }
        throw Failure(
            "built, and not put into every cache that --cache-to names: \(layers.joined(separator: ", "))",
            help: "the warnings say why; what other jobs don't find there they would build once more")
    }

    /// Removes what is there only as long as layers are built.
    func clear() {
        shared.clear()
        output.abandon()
    }

    /// Remembers what was found out, and removes what no image needs any more.
    func finish() throws {
        try context.digests.save()
        settle()
        try cache.finish()
        try output.finish(knowing: cache.blobs)
    }
}

extension BuildRun {
    /// Has on the disk what exists in the roots directory alone, so that it outlives a power cut. Only where a script has run:
    /// when the overlay that it saw went, the kernel wrote nearly all of it, and little is left to wait for. What stays unsettled
    /// is made anew after the machine was started.
    private func settle() {
        guard context.scripts.haveRun else { return }
        do {
            try context.roots.settle()
            cache.settle()
        } catch {
            log.warn("\(error); it may have to be built anew after a power cut")
        }
    }
}

extension Base {
    /// What it is called in a trace that the base is brought: only what comes from a registry takes its time.
    var bringing: TimedStep {
        if case .docker = self { return .fetch }
        return .resolve
    }
}
