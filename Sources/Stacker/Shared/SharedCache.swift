import Failure
import FileTree
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
    /// Whose entries are taken; `nil`: everybody's.
    private let trust: SharedTrust?
    private let signer: SharedSigner?
    /// By what they know layers.
    let keys: SharedKeys
    private let run = Mutex(Run())

    /// What has been found out in this run.
    private struct Run {
        /// Where there was nothing when it was looked for.
        var absent: Set<Place> = []
        /// The repositories that did not answer, or let us do nothing: each is said once.
        var unreadable: Set<SharedRepository> = []
        var unwritable: Set<SharedRepository> = []
        /// Layers that are in no cache as far as is known, since one of them could not be asked, or has what can't be used.
        var doubtful: Set<String> = []
        /// Layers that were built, and are not in all caches that they should be put into.
        var notShared: [String] = []
    }

    /// Where an entry is, or could be.
    private struct Place: Hashable {
        let repository: SharedRepository
        let key: Digest
    }

    private var request: BuildRequest { context.request }
    private var log: Log { context.log }

    /// - Throws: `Failure` for a URL that is none of a repository, or a key that can't be used.
    init(_ context: BuildContext, _ output: OutputLayout) throws {
        self.context = context
        self.output = output
        (from, to) = try Self.repositories(context.request)
        keys = SharedKeys(context)
        signer = try SharedSigner(context.request)
        // Who signs vouches for what is built on an entry, and for an entry that is passed on.
        trust = try SharedTrust(context.request) ?? signer?.trust
    }

    /// The repositories that a request names.
    static func repositories(_ request: BuildRequest) throws -> (from: [SharedRepository], to: [SharedRepository]) {
        (
            try request.cacheFrom.map { try SharedRepository($0, option: "--cache-from") },
            try request.cacheTo.map { try SharedRepository($0, option: "--cache-to") }
        )
    }

    /// Whether there is any from which layers are taken.
    var isUsed: Bool { !from.isEmpty }

    /// Those that could not be asked.
    var unreadable: [SharedRepository] { from.filter { run.withLock(\.unreadable).contains($0) } }

    /// Whether it is not known that no cache has a layer.
    func isDoubtful(_ layer: String) -> Bool { run.withLock { $0.doubtful.contains(layer) } }

    /// Layers that were built, and are not in all caches that they should be put into, although they could be.
    var notShared: [String] { run.withLock(\.notShared).sorted() }

    // MARK: - Taking

    /// Finds an entry of a layer, of which nothing is fetched. From then on it counts for the keys of what stands on it.
    func find(_ name: String) throws -> SharedEntry? {
        let found = try first(of: name) { $0 }
        keys.noteElsewhere(name, found?.identity)
        return found
    }

    /// Takes a layer that another machine has built.
    ///
    /// - Parameter put: puts what an entry has where a build would have put it.
    /// - Returns: what the cache is to remember; `nil` if there is none that can be used.
    func take(_ name: String, _ put: (SharedEntry) throws -> BuildCache.Entry) throws -> BuildCache.Entry? {
        let taken = try first(of: name) { (try put($0), $0) }
        guard let (entry, found) = taken else { return nil }
        log.info("took layer \(name) from \(found.repository)")
        try noteUse(of: found, as: name)
        return entry
    }

    /// Leaves word that an entry was of use, where this build writes anyhow. The first time of a day is enough.
    func noteUse(of entry: SharedEntry, as name: String) throws {
        let repository = entry.repository
        guard to.contains(repository), !run.withLock({ $0.unwritable.contains(repository) }) else { return }
        let client = client(repository)
        _ = try guarded(repository, reading: false, "note the use of layer \(name) at") {
            try SharedUse.note(entry.manifest, entry.key, in: repository, by: client)
        }
    }

    /// Does something with the first entry of a layer that can be used.
    private func first<Result>(of name: String, _ body: (SharedEntry) throws -> Result) throws -> Result? {
        guard !request.ignoresCache, let known = keys[name] else { return nil }
        for repository in from {
            guard !run.withLock({ $0.unreadable.contains(repository) }) else {
                run.withLock { _ = $0.doubtful.insert(name) }
                continue
            }
            for key in known.keys.map(\.digest) {
                let result = try guarded(repository, reading: true, "take layer \(name) from") { () -> Result? in
                    let pull = ArtifactPull(
                        try repository.reference(key), from: client(repository), progress: log.progress)
                    guard let found = try context.timeline.measure(.resolve, of: name, body: pull.find) else {
                        run.withLock { _ = $0.absent.insert(Place(repository: repository, key: key)) }
                        return nil
                    }
                    try trust?.check(found.manifest, key: key, platform: known.platform)
                    return try body(SharedEntry(found, of: key, at: repository, by: pull))
                }
                if let result = result ?? nil { return result }
                if result == nil { run.withLock { _ = $0.doubtful.insert(name) } }
            }
            log.debug("took no layer \(name) from \(repository)")
        }
        return nil
    }

    // MARK: - Giving

    /// Lets other machines have a layer.
    ///
    /// - Parameter isNew: whether it has just been built: it takes the place of an entry that is there, unless that is an
    ///   image's that has come while it was built. Then others may stand on that one.
    func give(_ layer: LayerDefinition, isNew: Bool) throws {
        guard let known = keys[layer.name], let frame = known.frame, var entry = context.cache[layer.name] else {
            return
        }
        var given = 0
        defer { if isNew, given < to.count { run.withLock { $0.notShared.append(layer.name) } } }
        var targets: [(repository: SharedRepository, keys: [Digest])] = []
        for repository in to where !run.withLock({ $0.unwritable.contains(repository) }) {
            let client = client(repository)
            let missing = try guarded(repository, reading: false, "share layer \(layer.name) at") {
                try known.keys.map(\.digest).filter { key in
                    let pull = ArtifactPull(try repository.reference(key), from: client)
                    // What stands on a build_only layer is known by the entry that was made of it here.
                    let replaces =
                        layer.isBuildOnly
                        || !run.withLock { $0.absent.contains(Place(repository: repository, key: key)) }
                    return try isNew && replaces || !has(layer, pull, key, repository)
                }
            }
            guard let missing else { continue }
            if missing.isEmpty { given += 1 } else { targets.append((repository, missing)) }
        }
        guard let first = targets.first?.repository else { return }
        let draft = SharedDraft(of: layer.name, context: context, output: output, signer: signer)
        defer { draft.clear() }
        let made = try guarded(first, reading: false, "share layer \(layer.name) at") {
            try draft.make(layer, entry, layer.isBuildOnly ? .directories(frame) : .images(keys.content(of: entry)))
        }
        guard let parts = made else { return }
        if layer.isBuildOnly, entry.shared != parts.identity {
            entry.shared = parts.identity
            try context.cache.record(entry, for: layer.name)
        }
        for (repository, keys) in targets {
            let client = client(repository)
            let isDone: Void? = try guarded(repository, reading: false, "share layer \(layer.name) at") {
                let bases = RegistryBases.repositories(of: repository.registry, in: context.directories.stacker)
                let push = ImagePush(from: parts.layout, to: client, mountable: bases, progress: log.progress)
                for key in keys { try push.push(parts.manifest(of: key), to: repository.reference(key)) }
                guard isNew, let time = entry.milliseconds else { return }
                try client.put(
                    SharedTime.note(time, of: layer, config: parts.record),
                    as: repository.reference(SharedTime.tag(of: layer)))
            }
            guard isDone != nil else { continue }
            log.info("shared layer \(layer.name) at \(repository)")
            given += 1
        }
    }

    /// Whether a repository has the entry of a layer. Where entries are signed, it must be by us, or by who is trusted.
    private func has(
        _ layer: LayerDefinition, _ pull: ArtifactPull, _ key: Digest, _ repository: SharedRepository
    ) throws -> Bool {
        guard let signer else { return try pull.exists() }
        do {
            guard let found = try pull.find() else { return false }
            try signer.trust.check(found.manifest, key: key, platform: layer.platform)
            return true
        } catch let failure as Failure where !(failure.rootCause is WebError) {
            log.info("replacing layer \(layer.name) at \(repository): \(failure)")
            return false
        }
    }

    /// Removes the place of entries on their way; none is, any more.
    func clear() { try? Directory(at: context.directories.stacker).removeTree(SharedDraft.directoryName) }

    /// How long the last build of a layer took that a cache got to know of, of whatever it was built.
    func lastMilliseconds(of layer: LayerDefinition) throws -> Int? {
        for repository in from where !run.withLock({ $0.unreadable.contains(repository) }) {
            do {
                let note = ArtifactPull(try repository.reference(SharedTime.tag(of: layer)), from: client(repository))
                if let time = try note.find().flatMap({ SharedTime.milliseconds(in: $0.manifest) }) { return time }
            } catch {
                // It is an estimate, and not worth a warning.
                try context.cancellation.check()
                log.debug("couldn't ask \(repository) how long layer \(layer.name) took: \(error)")
            }
        }
        return nil
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
            try context.cancellation.check()
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
