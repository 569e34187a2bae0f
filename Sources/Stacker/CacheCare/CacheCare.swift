import Failure
import FileTree
import OCI
import Registry
import Web

/// Housekeeping in the repository of a shared cache: `stacker cache`.
package struct CacheCare {
    private let repository: SharedRepository
    private let artifacts: ArtifactRepository
    private let log: Log

    /// - Parameters:
    ///   - url: `docker://registry/repository`.
    ///   - command: how a message names the command that it was given to.
    ///   - skipsTLS: whether the registry may be spoken to without verified TLS.
    package init(_ url: String, of command: String, skipsTLS: Bool, log: Log) throws {
        repository = try SharedRepository(url, option: command)
        let client = Servers().registry(repository.registry, isInsecure: skipsTLS, allowedBy: "--skip-tls")
        artifacts = ArtifactRepository(of: try repository.reference(Digest(of: [])), at: client)
        self.log = log
    }

    private func inventory() throws -> CacheInventory { try CacheInventory(of: repository, by: artifacts, log) }

    /// What is there.
    package func list() throws -> CacheListing { CacheListing(try inventory(), of: repository) }

    /// Removes the entries with these keys, and those of these layers.
    ///
    /// - Parameter isTrial: whether it is only said.
    /// - Throws: `Failure`, before anything is removed, if one of them names nothing.
    package func remove(keys: [String], layers: [String], isTrial: Bool) throws -> CacheRemoval {
        guard !keys.isEmpty || !layers.isEmpty else {
            throw Failure("nothing says what is to go", help: "name keys, or layers with --layer")
        }
        let wanted = try keys.map { key in
            guard let digest = Digest(hex: key) else {
                throw Failure("\(quoted(key)) is no key", help: advice(", its last column"))
            }
            return digest
        }
        let inventory = try inventory()
        let keysThere = Set(inventory.entries.flatMap(\.keys))
        if let unknown = wanted.first(where: { !keysThere.contains($0) }) {
            throw Failure("\(repository) has no entry with the key \(unknown.hex)", help: advice())
        }
        let layersThere = Set(inventory.entries.compactMap(\.account.layer))
        if let unknown = layers.first(where: { !layersThere.contains($0) }) {
            throw Failure("\(repository) has no entry of a layer \(quoted(unknown))", help: advice())
        }
        let entries = inventory.entries.filter { entry in
            entry.keys.contains(where: wanted.contains) || entry.account.layer.map(layers.contains) == true
        }
        var removal = CacheRemoval(
            of: entries.sorted { $0.digest < $1.digest }, from: inventory,
            keeping: try inventory.manifestsOfOthers(artifacts), clearsMarks: false, remarks: [], isTrial: isTrial)
        try removal.run(artifacts, of: repository)
        return removal
    }

    private func advice(_ more: String = "") -> String { "stacker cache ls \(repository) lists them\(more)" }

    /// Removes what was not used for long, and more of it until the rest is small enough.
    ///
    /// - Parameter isTrial: whether it is only said.
    package func prune(_ limits: PruneLimits, isTrial: Bool) throws -> CacheRemoval {
        let inventory = try inventory()
        let others = try inventory.manifestsOfOthers(artifacts)
        let choice = PruneChoice(of: inventory.entries, keeping: Set(others.keys), limits, at: .now)
        var removal = CacheRemoval(
            of: choice.going, from: inventory, keeping: others, clearsMarks: true,
            old: limits.age.map { inventory.times(olderThan: $0, at: .now) } ?? [],
            remarks: remarks(on: choice.undated.count), isTrial: isTrial)
        if !isTrial { try date(choice.undated) }
        try removal.run(artifacts, of: repository)
        return removal
    }

    private func remarks(on undated: Int) -> [String] {
        guard undated > 0 else { return [] }
        let what = counted(undated, "entry says", "entries say")
        return ["\(what) nothing of when it was made: its age counts from today"]
    }

    /// Has the age of entries count from today, that say nothing of it.
    private func date(_ entries: [CacheEntry]) throws {
        let today = Day(of: .now)
        let marks = entries.flatMap { entry in
            entry.keys.map { (SharedTag.use(of: $0).description, SharedUse.mark(of: entry.manifest, $0, on: today)) }
        }
        do {
            try artifacts.put(Dictionary(marks) { one, _ in one })
        } catch let failure as Failure where failure.rootCause is WebError {
            log.warn("couldn't note in \(repository) from when on the age of entries counts: \(failure)")
        }
    }
}
