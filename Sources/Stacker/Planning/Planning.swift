import Failure
import OrderedCollections
import Plans
import Recipes
import Registry
import Roots
import Synchronization

/// One `stacker plan`: what a build of recipes would find here and in caches, and what it would have to build. Nothing is
/// built, and nothing fetched but manifests, and files that layers are built of.
package struct Planning {
    private let request: BuildRequest
    private let project: Project

    /// Reads the recipes and puts their layers in order.
    package init(_ request: BuildRequest, in directories: StackerDirectories, log: Log) throws {
        self.request = request
        project = try Project(request, in: directories, log: log)
        for warning in project.recipes.warnings { log.warn(warning.description) }
        _ = try SharedCache.repositories(request)
        if request.requiresHashes { try project.recipes.requireHashes() }
    }

    /// Finds out what is where.
    ///
    /// - Parameters:
    ///   - options: what every job builds with.
    ///   - publication: what becomes of the images.
    ///   - includesCached: whether recipes of which nothing must be built have jobs, too.
    ///   - looksHere: whether what is here counts: no job sees it that runs elsewhere.
    package func plan(
        _ options: JobOptions, _ publication: Publication?, includesCached: Bool, looksHere: Bool
    ) throws -> Plan {
        let directories = project.directories
        try directories.refuseForeign()
        return try directories.locked {
            let roots = try RootsDirectory(takingOver: directories.roots)
            let context = try project.context(of: request, by: BuildIdentity(request), in: roots)
            let shared = try SharedCache(context, OutputLayout(context, tagging: []))
            let forecaster = Forecaster(
                lookup: CacheLookup(bases: Bases(context)), shared: shared, looksHere: looksHere)
            if publication != nil { try refuseUnpublishable(shared) }
            let writers = LayerGraph.writers(in: project.recipes, own: directories.own)
            let forecast = try forecaster.forecast(project.recipes, filledBy: writers)
            try context.digests.save()
            // A person sees the warning. An engine would build all that is there already.
            if !looksHere, let cache = shared.unreadable.first {
                throw Failure(
                    "couldn't ask \(cache) what it has", help: "the warning says why; nothing is planned without it")
            }
            let times = try times(forecast, context.cache, shared)
            return Plan(
                recipes: recipes(forecast, times), options: options, publication: publication,
                includesCached: includesCached)
        }
    }

    /// The last job publishes what caches have, and would fail for an image that none can have.
    private func refuseUnpublishable(_ shared: SharedCache) throws {
        let asked = project.recipes.layers(of: try request.locations)
        var reasons: [String: String] = [:]
        for layer in project.recipes.layers.map(\.definition) {
            let below = layer.dependencies.lazy.map(\.layer).first { reasons[$0] != nil }
            guard
                let reason = shared.keys.reasonAgainst(layer)
                    ?? below.map({ "it needs \($0), which no cache can have" })
            else { continue }
            reasons[layer.name] = reason
            guard !layer.isBuildOnly, asked.contains(layer.name) else { continue }
            throw Failure(
                "\(layer.position): a last job can't publish image \(layer.tag), since no cache has it: \(reason)",
                help: "leave --publish out, or build and publish that image on one machine")
        }
    }

    /// How long each layer took to build, in milliseconds, as far as somebody knows.
    private func times(_ forecast: Forecast, _ cache: BuildCache, _ shared: SharedCache) throws -> [String: Int] {
        let times = Mutex<[String: Int]>([:])
        try Workers.forEach(project.recipes.layers.map(\.definition)) { layer, checkpoint in
            try checkpoint()
            var time = cache[layer.name]?.milliseconds
            switch forecast[layer.name] {
            case .shared(let entry, _):
                time = entry.milliseconds ?? time
                // Where nothing must be built there is no job that does it.
                try shared.noteUse(of: entry, as: layer.name)
            case .missing: time = try time ?? shared.lastMilliseconds(of: layer)
            case .here, nil: break
            }
            times.withLock { $0[layer.name] = time }
        }
        return times.withLock { $0 }
    }

    private func recipes(_ forecast: Forecast, _ times: [String: Int]) -> [PlannedRecipe] {
        let files = project.recipes.files
        let names = Dictionary(files.map { ($0.recipe.source.location, $0.recipe.source.name) }) { first, _ in first }
        return files.map { file in
            PlannedRecipe(
                file: file.recipe.source.name, requires: file.requires.map { names[$0] ?? $0.description },
                layers: file.layers.map { layer(of: $0.definition, forecast, times) })
        }
    }

    private func layer(of definition: LayerDefinition, _ forecast: Forecast, _ times: [String: Int]) -> PlannedLayer {
        var layer = PlannedLayer(
            name: definition.name, tag: definition.tag, platform: definition.asked.map { "\($0.platform)" },
            isBuildOnly: definition.isBuildOnly, state: .missing,
            needs: Array(OrderedSet(definition.dependencies.map(\.layer))))
        switch forecast[definition.name] {
        case .here: layer.state = .here
        case .shared(let entry, _): layer.state = .shared("\(entry.repository)")
        case .missing(let reason): layer.reason = reason
        case nil: break
        }
        layer.seconds = times[definition.name].map { Double($0) / 1000 }
        return layer
    }
}
