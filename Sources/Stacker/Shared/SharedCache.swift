import Failure
import Host
import OCI
import Recipes
import Registry
import Roots
import SystemPackage

/// The caches that machines share: `--cache-from`, `--cache-to`. Each is a repository of a registry with one artifact for
/// each layer, whose tag says what the layer was built of.
///
/// A build never fails because of them: what goes wrong is a warning.
struct SharedCache {
    private let request: BuildRequest
    private let directories: StackerDirectories
    private let roots: RootsDirectory
    private let output: OutputLayout
    private let servers: Servers
    private let log: Log
    private let from: [SharedRepository]
    private let to: [SharedRepository]
    /// The keys of this run's layers; layers that are not shared have none.
    private var keys: [String: Digest] = [:]
    /// Those that did not answer, or let us do nothing: each is said once.
    private var unreadable: Set<SharedRepository> = []
    private var unwritable: Set<SharedRepository> = []

    /// - Throws: `Failure` for a URL that is none of a repository.
    init(
        _ request: BuildRequest, in directories: StackerDirectories, roots: RootsDirectory, output: OutputLayout,
        servers: Servers, log: Log
    ) throws {
        self.request = request
        self.directories = directories
        self.roots = roots
        self.output = output
        self.servers = servers
        self.log = log
        (from, to) = try Self.repositories(request)
    }

    /// The repositories that a request names.
    static func repositories(_ request: BuildRequest) throws -> (from: [SharedRepository], to: [SharedRepository]) {
        (
            try request.cacheFrom.map { try SharedRepository($0, option: "--cache-from") },
            try request.cacheTo.map { try SharedRepository($0, option: "--cache-to") }
        )
    }

    // MARK: - Keys

    /// Finds the key of a layer, whose base has been dealt with.
    mutating func note(_ layer: RecipeSet.Layer, _ inputs: LayerInputs?, _ cache: BuildCache) {
        let definition = layer.definition
        // What a script read or wrote in binds, nobody knows.
        guard !(from.isEmpty && to.isEmpty), !definition.bindsHost, let inputs else { return }
        var base: Digest?
        if let below = layer.base.recipeLayer {
            // A layer below that can't be read is the build's to report.
            guard let identity = try? identity(of: below, cache) else { return }
            base = identity
        }
        let key = SharedKey(definition, inputs, base: base, types: definition.isBuildOnly ? [] : request.layerTypes)
        for part in key.parts { log.debug("shared key of \(definition.name): \(part)") }
        log.debug("shared key of \(definition.name) is \(key.digest.hex)")
        keys[definition.name] = key.digest
    }

    /// What is the same of a layer's build on all machines that have it.
    private func identity(of name: String, _ cache: BuildCache) throws -> Digest? {
        guard keys[name] != nil, let entry = cache[name] else { return nil }
        guard !entry.outputs.isEmpty else { return entry.shared }
        return try ImageContent.digest(
            of: entry.outputs, request.layerTypes, in: Layout(at: directories.oci),
            annotationsNamespace: request.annotationsNamespace)
    }

    // MARK: - Taking

    /// Takes a layer that another machine has built.
    ///
    /// - Parameter put: puts what a pull finds under a key where a build would have put it; `nil` if there is nothing.
    /// - Returns: what the cache is to remember; `nil` if there is none that can be used.
    mutating func take(
        _ name: String, _ put: (_ key: Digest, ArtifactPull) throws -> BuildCache.Entry?
    ) throws -> BuildCache.Entry? {
        guard let key = keys[name], !request.ignoresCache else { return nil }
        for repository in from where !unreadable.contains(repository) {
            let client = client(repository)
            let progress = log.progress
            let entry = try guarded(repository, reading: true, "take layer \(name) from") {
                let pull = ArtifactPull(try repository.reference(key), from: client, progress: progress)
                return try put(key, pull)
            }
            guard let entry = entry ?? nil else {
                log.debug("took no layer \(name) from \(repository)")
                continue
            }
            log.info("took layer \(name) from \(repository)")
            return entry
        }
        return nil
    }

    // MARK: - Giving

    /// Lets other machines have a layer.
    ///
    /// - Parameter isNew: whether it has just been built: it takes the place of an entry that is there.
    mutating func give(_ layer: LayerDefinition, _ cache: inout BuildCache, isNew: Bool) throws {
        guard let key = keys[layer.name], var entry = cache[layer.name] else { return }
        var targets: [SharedRepository] = []
        for repository in to where !unwritable.contains(repository) {
            let client = client(repository)
            let isThere = try guarded(repository, reading: false, "share layer \(layer.name) at") {
                try !isNew && ArtifactPull(repository.reference(key), from: client).exists()
            }
            if isThere == false { targets.append(repository) }
        }
        guard let first = targets.first else { return }
        let draft = SharedDraft(request: request, directories: directories, roots: roots, output: output)
        defer { draft.clear() }
        let made = try guarded(first, reading: false, "share layer \(layer.name) at") {
            try draft.make(layer, entry, key: key)
        }
        guard let (layout, descriptor) = made else { return }
        if layer.isBuildOnly, entry.shared != descriptor.digest {
            entry.shared = descriptor.digest
            try cache.record(entry, for: layer.name)
        }
        for repository in targets {
            let client = client(repository)
            let stacker = directories.stacker
            let progress = log.progress
            let isDone: Void? = try guarded(repository, reading: false, "share layer \(layer.name) at") {
                let bases = RegistryBases.repositories(of: repository.registry, in: stacker)
                try ImagePush(from: layout, to: client, mountable: bases, progress: progress).push(
                    descriptor, to: repository.reference(key))
            }
            if isDone != nil { log.info("shared layer \(layer.name) at \(repository)") }
        }
    }

    // MARK: - Repositories

    private func client(_ repository: SharedRepository) -> RegistryClient {
        servers.registry(repository.registry, isInsecure: request.cachesSkipTLS, allowedBy: "--cache-skip-tls")
    }

    /// Does something with a repository, whose failure is a warning.
    ///
    /// - Returns: `nil` if it failed.
    private mutating func guarded<Result>(
        _ repository: SharedRepository, reading: Bool, _ what: String, _ body: () throws -> Result
    ) throws -> Result? {
        do {
            return try body()
        } catch {
            try StopSignal.check()
            let failure = error as? Failure
            if let reason = failure?.rootCause as? WebError, reason.isOfWholeServer {
                unwritable.insert(repository)
                if reading { unreadable.insert(repository) }
            }
            let advice = failure?.advice.map { "; \($0)" } ?? ""
            log.warn("couldn't \(what) \(repository): \(error)\(advice)")
            return nil
        }
    }
}

extension WebError {
    /// Whether the next request would hardly fare better.
    fileprivate var isOfWholeServer: Bool {
        switch self {
        case .connection, .tls: true
        case .status(let code, _): code != 404
        case .answer, .plainRedirect: false
        }
    }
}
