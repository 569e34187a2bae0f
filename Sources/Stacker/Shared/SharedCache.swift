import Failure
import Host
import OCI
import Recipes
import Registry
import Roots
import Synchronization
import SystemPackage
import Web

/// The caches that machines share: `--cache-from`, `--cache-to`. Each is a repository of a registry with one artifact for
/// each layer, whose tag says what the layer was built of.
///
/// A build never fails because of them: what goes wrong is a warning.
final class SharedCache: Sendable {
    private let context: BuildContext
    private let output: OutputLayout
    private let from: [SharedRepository]
    private let to: [SharedRepository]
    private let run = Mutex(Run())

    /// What has been found out in this run.
    private struct Run {
        /// The keys of its layers; layers that are not shared have none.
        var keys: [String: Digest] = [:]
        /// Those that did not answer, or let us do nothing: each is said once.
        var unreadable: Set<SharedRepository> = []
        var unwritable: Set<SharedRepository> = []
    }

    private var request: BuildRequest { context.request }
    private var log: Log { context.log }

    /// - Throws: `Failure` for a URL that is none of a repository.
    init(_ context: BuildContext, _ output: OutputLayout) throws {
        self.context = context
        self.output = output
        (from, to) = try Self.repositories(context.request)
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
    func note(_ layer: RecipeSet.Layer, _ inputs: LayerInputs?) {
        let definition = layer.definition
        // What a script read or wrote in binds, nobody knows.
        guard !(from.isEmpty && to.isEmpty), !definition.bindsHost, let inputs else { return }
        // What a script found in its cache may be of another branch, by somebody whom those who take it don't trust.
        guard definition.cacheDirectories.isEmpty || request.sharesCacheDirectories else {
            return log.info(
                "layer \(definition.name) is not shared, since it has cache_dirs; with --cache-with-cache-dirs it is, and "
                    + "what stands on it")
        }
        var base: Digest?
        if let below = layer.base.recipeLayer {
            // A layer below that can't be read is the build's to report.
            guard let identity = try? identity(of: below) else { return }
            base = identity
        }
        let key = SharedKey(definition, inputs, base: base, types: definition.isBuildOnly ? [] : request.layerTypes)
        for part in key.parts { log.debug("shared key of \(definition.name): \(part)") }
        log.debug("shared key of \(definition.name) is \(key.digest.hex)")
        run.withLock { $0.keys[definition.name] = key.digest }
    }

    private func key(of layer: String) -> Digest? { run.withLock { $0.keys[layer] } }

    /// What is the same of a layer's build on all machines that have it.
    private func identity(of name: String) throws -> Digest? {
        guard key(of: name) != nil, let entry = context.cache[name] else { return nil }
        guard !entry.manifests.isEmpty else { return entry.shared }
        return try ImageContent.digest(
            of: entry.manifests, request.layerTypes, in: Layout(at: context.directories.oci),
            annotationsNamespace: request.annotationsNamespace)
    }

    // MARK: - Taking

    /// Takes a layer that another machine has built.
    ///
    /// - Parameter put: puts what a pull finds under a key where a build would have put it; `nil` if there is nothing.
    /// - Returns: what the cache is to remember; `nil` if there is none that can be used.
    func take(
        _ name: String, _ put: (_ key: Digest, ArtifactPull) throws -> BuildCache.Entry?
    ) throws -> BuildCache.Entry? {
        guard let key = key(of: name), !request.ignoresCache else { return nil }
        for repository in from where !run.withLock({ $0.unreadable.contains(repository) }) {
            let client = client(repository)
            let entry = try guarded(repository, reading: true, "take layer \(name) from") {
                let pull = ArtifactPull(try repository.reference(key), from: client, progress: log.progress)
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
    func give(_ layer: LayerDefinition, isNew: Bool) throws {
        guard let key = key(of: layer.name), var entry = context.cache[layer.name] else { return }
        var targets: [SharedRepository] = []
        for repository in to where !run.withLock({ $0.unwritable.contains(repository) }) {
            let client = client(repository)
            let isThere = try guarded(repository, reading: false, "share layer \(layer.name) at") {
                try !isNew && ArtifactPull(repository.reference(key), from: client).exists()
            }
            if isThere == false { targets.append(repository) }
        }
        guard let first = targets.first else { return }
        let draft = SharedDraft(context: context, output: output)
        defer { draft.clear() }
        let made = try guarded(first, reading: false, "share layer \(layer.name) at") {
            try draft.make(layer, entry, key: key)
        }
        guard let (layout, descriptor) = made else { return }
        if layer.isBuildOnly, entry.shared != descriptor.digest {
            entry.shared = descriptor.digest
            try context.cache.record(entry, for: layer.name)
        }
        for repository in targets {
            let client = client(repository)
            let isDone: Void? = try guarded(repository, reading: false, "share layer \(layer.name) at") {
                let bases = RegistryBases.repositories(of: repository.registry, in: context.directories.stacker)
                try ImagePush(from: layout, to: client, mountable: bases, progress: log.progress).push(
                    descriptor, to: repository.reference(key))
            }
            if isDone != nil { log.info("shared layer \(layer.name) at \(repository)") }
        }
    }

    // MARK: - Repositories

    private func client(_ repository: SharedRepository) -> RegistryClient {
        context.servers.registry(repository.registry, isInsecure: request.cachesSkipTLS, allowedBy: "--cache-skip-tls")
    }

    /// Does something with a repository, whose failure is a warning.
    ///
    /// - Returns: `nil` if it failed.
    private func guarded<Result>(
        _ repository: SharedRepository, reading: Bool, _ what: String, _ body: () throws -> Result
    ) throws -> Result? {
        do {
            return try body()
        } catch {
            try StopSignal.check()
            let failure = error as? Failure
            if let reason = failure?.rootCause as? WebError, reason.isOfWholeServer {
                run.withLock { run in
                    run.unwritable.insert(repository)
                    if reading { run.unreadable.insert(repository) }
                }
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
