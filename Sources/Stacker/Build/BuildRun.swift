import Layers
import Recipes
import Roots

/// The way of a build through its layers: each is found in the cache, taken from another machine's, or built.
struct BuildRun {
    private let context: BuildContext
    private let mayBuild: Bool
    private let bases: Bases
    private let lookup: CacheLookup
    private let output: OutputLayout
    private let shared: SharedCache
    private let gitVersions = GitVersions()

    private var request: BuildRequest { context.request }
    private var cache: BuildCache { context.cache }
    private var log: Log { context.log }

    /// Opens what earlier builds have left. Only for the holder of the locks.
    init(_ request: BuildRequest, _ identity: BuildIdentity, _ project: Project, mayBuild: Bool) throws {
        let roots = try RootsDirectory(takingOver: project.directories.roots)
        output = try OutputLayout(in: project.directories, project.layouts, log: project.log)
        context = try project.context(of: request, by: identity, in: roots)
        self.mayBuild = mayBuild
        bases = Bases(context)
        lookup = CacheLookup(bases: bases)
        shared = try SharedCache(context, output)
        if mayBuild { try context.roots.removeTemporaries() }
    }

    /// Sees that there is what a layer's build gives. The layers that it needs have come before.
    ///
    /// - Returns: false if it must be built and may not.
    func provide(_ layer: RecipeSet.Layer, of recipe: Recipe) throws -> Bool {
        log.info("preparing image \(layer.definition.name)...")
        let inputs = try lookup.inputs(layer, mayUnpack: mayBuild)
        shared.note(layer, inputs)
        switch try lookup.decide(layer, inputs) {
        case .hit(let entry):
            // What there is to send may be readable only within the namespace.
            guard mayBuild || request.cacheTo.isEmpty else { return false }
            cache.learn(entry, of: layer.definition.name)
            if !layer.definition.isBuildOnly && context.roots.layer(layer.definition.name).isGone {
                guard mayBuild else { return false }
                try layerBuild(layer, recipe).restoreStorage(entry)
            }
            try retag(layer.definition.name, entry)
            try shared.give(layer.definition, isNew: false)
        case .lacking(let types, let entry):
            guard mayBuild else { return false }
            try add(types, to: entry, layer, of: recipe)
        case .miss(let reason):
            guard mayBuild, let inputs else { return false }
            if let reason { log.info(reason) }
            try build(layer, of: recipe, inputs)
        }
        return true
    }

    /// Points the tags of a cached layer at its images: somebody may have taken them away.
    private func retag(_ name: String, _ entry: BuildCache.Entry) throws {
        guard !entry.manifests.isEmpty else { return log.info("found cached layer \(name)") }
        try output.writer().tag(entry.manifests, of: name, request.layerTypes)
        for type in request.layerTypes where entry.manifests[type] != nil {
            log.info("found cached layer \(type.tag(for: name))")
        }
    }

    /// Makes what is missing of a cached layer's images.
    private func add(
        _ types: [LayerType], to entry: BuildCache.Entry, _ layer: RecipeSet.Layer, of recipe: Recipe
    ) throws {
        let name = layer.definition.name
        if !layer.definition.isBuildOnly {
            let list = types.map(\.rawValue).joined(separator: ", ")
            log.info("making \(name) as \(list) of what was built before")
        }
        // It is the same build: what stands on it need not be built again.
        var entry = entry
        for type in types { entry.blobs?[type] = nil }
        entry.manifests.merge(try layerBuild(layer, recipe).add(types, to: entry)) { $1 }
        try cache.record(entry, for: name)
        try retag(name, entry)
        try shared.give(layer.definition, isNew: false)
    }

    private func layerBuild(_ layer: RecipeSet.Layer, _ recipe: Recipe) -> LayerBuild {
        LayerBuild(layer: layer, recipe: recipe, bases: bases, output: output, gitVersions: gitVersions)
    }

    /// Builds a layer, unless another machine has done so.
    private func build(_ layer: RecipeSet.Layer, of recipe: Recipe, _ inputs: LayerInputs) throws {
        let name = layer.definition.name
        try cache.forget(name)
        try context.roots.layer(name).discardDamagedOverlayDirectories()
        let build = layerBuild(layer, recipe)
        let taken = try shared.take(name) { key, pull in
            try SharedTake(build: build, inputs: inputs, key: key, pull: pull).run()
        }
        if let entry = taken {
            try cache.record(entry, for: name)
            return try shared.give(layer.definition, isNew: false)
        }
        let base = try layer.definition.sayingWhereBaseIs {
            try bases.fetch(bases.resolve(layer.base, layer.definition.platform))
        }
        let outcome = try withExtendedLifetime(base) { try build.run(on: base) }
        try cache.record(.init(inputs: inputs, outcome), for: name)
        try shared.give(layer.definition, isNew: true)
        log.info("filesystem \(name) built successfully")
    }

    /// Remembers what was found out, and removes what no image needs any more.
    func finish() throws {
        try context.digests.save()
        try cache.finish()
        try output.finish(knowing: cache.blobs)
    }
}
