import Failure
import FileTree
import OCI
import Registry

/// What is in the repository of a shared cache.
struct CacheInventory: Sendable {
    /// The entries, in no particular order.
    private(set) var entries: [CacheEntry] = []
    /// The marks of use that are there, by the key that they are of.
    private(set) var marks: [Digest: Digest] = [:]
    /// When it was noted how long a layer took to build, by the manifests that say it; `nil` if they don't say when.
    private(set) var times: [Digest: Timestamp?] = [:]
    /// Tags that are not ours, or whose manifest is not.
    private(set) var others: [String] = []

    /// Reads all of it: the list of tags, and a manifest for each of ours.
    init(of repository: SharedRepository, by artifacts: ArtifactRepository, _ log: Log) throws {
        guard let tags = try artifacts.tags() else {
            throw Failure(
                "there is no repository \(repository)",
                help: "see that the name is right; the first build with --cache-to makes it")
        }
        others = tags.filter { SharedTag($0) == nil }
        let ours = tags.filter { SharedTag($0) != nil }
        let contents = try artifacts.contents(of: ours)
        var found: [Digest: (manifest: ArtifactManifest, size: Int64, keys: [Digest])] = [:]
        var days: [Digest: Day] = [:]
        for text in ours {
            guard let tag = SharedTag(text), let content = contents[text] else { continue }
            switch (tag, content) {
            case (.entry(let key), .artifact(let manifest, let digest, let size))
            where manifest.artifactType?.rawValue.hasPrefix(SharedAnnotations.anyArtifactType) == true:
                found[digest, default: (manifest, size, [])].keys.append(key)
            case (.use(of: let key), .artifact(let manifest, let digest, _))
            where manifest.artifactType == SharedUse.artifactType:
                marks[key] = digest
                days[key] = SharedUse.day(of: manifest)
            case (.time, .artifact(let manifest, let digest, _)) where manifest.artifactType == SharedTime.artifactType:
                times[digest] = .some(SharedAccount.made(manifest))
            case (_, .unreadable(let failure)):
                log.warn("left \(text) alone: \(failure)")
                others.append(text)
            default: others.append(text)
            }
        }
        let accounts = try Self.accounts(found.mapValues(\.manifest), by: artifacts)
        entries = found.map { digest, one in
            var entry = CacheEntry(
                one.manifest, digest, manifestSize: one.size, accounts[digest] ?? SharedAccount(of: one.manifest),
                keys: one.keys.sorted())
            entry.used = one.keys.compactMap { days[$0] }.max()
            return entry
        }
    }

    /// The marks of keys that have no entry any more.
    var orphans: [Digest: Digest] {
        let keys = Set(entries.flatMap(\.keys))
        return marks.filter { !keys.contains($0.key) }
    }

    /// The notes of times that are older than that, in seconds.
    func times(olderThan age: Int64, at now: Timestamp) -> [Digest] {
        times.filter { now.seconds - ($0.value?.seconds ?? .min / 2) > age }.map(\.key)
    }

    /// Which manifests have a tag that is not ours: that would go with them.
    func manifestsOfOthers(_ artifacts: ArtifactRepository) throws -> [Digest: String] {
        // What is no tag can't be asked for, and names nothing.
        let tags = others.filter { (try? ImageReference.checked(tag: $0)) != nil }
        return Dictionary(try artifacts.digests(of: tags).map { ($1, $0) }) { min($0, $1) }
    }

    /// What entries of older stackers say of themselves: their annotations say nothing, their config the layer's name.
    private static func accounts(
        _ manifests: [Digest: ArtifactManifest], by artifacts: ArtifactRepository
    ) throws -> [Digest: SharedAccount] {
        let silent = manifests.filter { SharedAccount(of: $1).layer == nil }
        let configs = try artifacts.blobs(silent.values.map(\.config).filter { (try? $0.short()) != nil })
        return silent.mapValues { manifest in
            var account = SharedAccount(of: manifest)
            let bytes = configs[manifest.config.digest]
            if let record = bytes.flatMap({ try? JSON.decode(SharedRecord.self, from: $0) }) {
                account.layer = record.layer
                account.types = (record.images ?? [:]).keys.map(\.rawValue).sorted()
            }
            return account
        }
    }
}
