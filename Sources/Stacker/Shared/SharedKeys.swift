import OCI
import Recipes
import Synchronization

/// By what shared caches know the layers of one build, as far as that has been found out.
final class SharedKeys: Sendable {
    private let context: BuildContext
    private let state = Mutex(State())

    private struct State {
        /// Layers that can be shared; one that can't be may be there without a key.
        var known: [String: Known] = [:]
        /// What layers are that are in a cache, and not here.
        var elsewhere: [String: Digest] = [:]
    }

    /// What there is to know of a layer.
    struct Known {
        /// Its keys, the one that is known first before the other.
        let keys: [SharedKey]
        let platform: Platform
        /// See ``SharedKey/frame``.
        var frame: Digest? { keys.first?.frame }
    }

    private var request: BuildRequest { context.request }
    private var log: Log { context.log }

    init(_ context: BuildContext) { self.context = context }

    /// Why no cache has a layer, or is given it; `nil` if it can be shared.
    func reasonAgainst(_ definition: LayerDefinition) -> String? {
        // What a script read or wrote in binds, nobody knows.
        if definition.bindsHost { return "it binds directories of the host" }
        // What a script found in its cache may be of another branch, by somebody whom those who take it don't trust.
        if definition.cacheDirectories.isEmpty || request.sharesCacheDirectories { return nil }
        return "it has cache_dirs; with --cache-with-cache-dirs it is, and what stands on it"
    }

    /// Finds the keys of a layer, whose base has been dealt with.
    func note(_ layer: RecipeSet.Layer, _ inputs: LayerInputs?) {
        let definition = layer.definition
        guard !(request.cacheFrom.isEmpty && request.cacheTo.isEmpty), let inputs else { return }
        if let reason = reasonAgainst(definition) {
            if !definition.bindsHost { log.info("layer \(definition.name) is not shared, since \(reason)") }
            return
        }
        var base: Digest?
        if let below = layer.base.recipeLayer {
            // A layer below that can't be read is the build's to report.
            guard let identity = try? identity(of: below) else { return }
            base = identity
        }
        let sources = sources(of: definition, inputs)
        var keys: [SharedKey] = []
        func add(_ sources: [String: Digest]) {
            let types = definition.isBuildOnly ? [] : request.layerTypes
            keys.append(SharedKey(definition, inputs, base: base, sources: sources, types: types))
        }
        // What is taken from a layer or an image is known by its name before it is known by its content: one who has neither
        // finds the entry all the same, and one who has another build with the same content, too.
        if let sources { add(sources) }
        if inputs.haveContents, sources?.isEmpty != true { add([:]) }
        for key in keys {
            for part in key.parts { log.debug("shared key of \(definition.name): \(part)") }
            log.debug("shared key of \(definition.name) is \(key.digest.hex)")
        }
        state.withLock { [keys] in
            $0.known[definition.name] = Known(keys: keys, platform: definition.platform)
        }
    }

    /// What is known of a layer; `nil` for one that is not shared.
    subscript(_ layer: String) -> Known? { state.withLock { $0.known[layer] } }

    /// What the imports from layers and images are taken from, by their paths; `nil` if a layer is nothing that is shared.
    private func sources(of layer: LayerDefinition, _ inputs: LayerInputs) -> [String: Digest]? {
        var sources: [String: Digest] = [:]
        for entry in layer.imports {
            switch entry.source {
            case .layer(let name, _):
                guard let identity = try? identity(of: name) else { return nil }
                sources[entry.path] = identity
            case .image: sources[entry.path] = inputs.input(.importContent, part: entry.path)?.basis
            case .local, .http: break
            }
        }
        return sources
    }

    // MARK: - What layers are

    /// What is the same of a layer's build on all machines that have it: with that, the keys of what stands on it are made.
    func identity(of name: String) throws -> Digest? {
        if let known = state.withLock({ $0.elsewhere[name] }) { return known }
        guard self[name]?.keys.isEmpty == false, let entry = context.cache[name] else { return nil }
        guard !entry.manifests.isEmpty else { return entry.shared }
        return try content(of: entry)
    }

    /// What the images of a layer are that is here; `nil` if there is not one of each type.
    func content(of entry: BuildCache.Entry) throws -> Digest? {
        try ImageContent.digest(
            of: entry.manifests, request.layerTypes, in: context.layouts.layout(at: context.directories.oci),
            annotationsNamespace: request.annotationsNamespace)
    }

    /// Takes note that a layer is in a cache, and what it is there: from then on that counts.
    func noteElsewhere(_ name: String, _ identity: Digest?) { state.withLock { $0.elsewhere[name] = identity } }

    /// Takes note that a layer is here, whatever other machines have of it.
    func noteHere(_ name: String) { noteElsewhere(name, nil) }
}
