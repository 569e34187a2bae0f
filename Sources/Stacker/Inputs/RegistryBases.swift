import Failure
import OCI
import Registry
import Synchronization
import SystemPackage

/// The images of registries that recipes build on. Each is kept in an OCI layout under stacker's directory.
///
/// Which manifest a tag names is asked of the registry once in each run. A reference with a digest needs no registry once
/// the image is kept.
final class RegistryBases: Sendable {
    private let path: FilePath
    private let pulled: PulledBlobs
    private let context: BuildContext
    private let run = Mutex(Run())
    /// Who asks a registry what is meant.
    private let asking = KeyedLocks<Key>()
    /// Who brings a blob, which other images may have too.
    private let bringing = KeyedLocks<Digest>()
    /// Held while what is kept is looked at and noted: the file of notes has one writer, and what is removed is damaged still.
    private let keeping = Mutex(())

    private struct Run {
        var images: [Key: ImagePull.Found] = [:]
        /// What is kept, and still holds.
        var kept: [Key: Descriptor] = [:]
    }

    fileprivate struct Key: Hashable {
        var reference: ImageReference
        var platform: Platform
    }

    init(_ context: BuildContext) {
        path = Self.directory(in: context.directories.stacker)
        pulled = PulledBlobs(in: context.directories.stacker)
        self.context = context
    }

    /// The manifest of an image, as it is kept or as the registry has it now.
    ///
    /// - Parameter mayDownload: whether more than a tag's digest may be asked of the registry.
    /// - Returns: `nil` if more would have to be asked.
    func manifest(
        _ reference: ImageReference, insecure: Bool, _ platform: Platform, mayDownload: Bool
    ) throws -> Digest? {
        let key = Key(reference: reference, platform: platform)
        return try asking.with(key) { try manifest(key, insecure: insecure, mayDownload: mayDownload) }
    }

    private func manifest(_ key: Key, insecure: Bool, mayDownload: Bool) throws -> Digest? {
        if let known = run.withLock({ $0.kept[key] ?? $0.images[key]?.descriptor }) { return known.digest }
        let pull = pull(key.reference, insecure)
        let entry = try entry(key)
        if let entry, try context.request.trustsKept || isCurrent(entry, pull) {
            run.withLock { $0.kept[key] = entry }
            return entry.digest
        }
        guard mayDownload else { return nil }
        let found = try pull.find(key.platform)
        run.withLock { $0.images[key] = found }
        // The tag may have moved to an index that has the same image for this platform.
        if let entry, entry.digest == found.descriptor.digest { try record(found, key, by: writer()) }
        return found.descriptor.digest
    }

    /// Whether a tag still names what an image that is kept was made of.
    private func isCurrent(_ entry: Descriptor, _ pull: ImagePull) throws -> Bool {
        guard let source = try pull.source() else { return false }
        return entry.annotations?[Self.sourceAnnotation] == source.description
    }

    /// What is to be fetched of an image.
    struct Missing {
        fileprivate let key: Key
        fileprivate let pull: ImagePull
        fileprivate let found: ImagePull.Found
        fileprivate let config: ImageConfig

        var manifest: ImageManifest { found.manifest }
        var reference: ImageReference { key.reference }
    }

    /// What an image is, its manifest's descriptor, and the layout that it is kept in: its config is there.
    ///
    /// - Parameter check: sees each blob that is kept, and may remove it.
    /// - Returns: also what ``fetch(_:_:)`` is to fetch, if not all of the image is there.
    func image(
        _ reference: ImageReference, insecure: Bool, _ platform: Platform, check: (Descriptor, Layout) throws -> Void
    ) throws -> (layout: Layout, descriptor: Descriptor, manifest: ImageManifest, missing: Missing?) {
        let key = Key(reference: reference, platform: platform)
        _ = try manifest(reference, insecure: insecure, platform, mayDownload: true)
        if let entry = run.withLock({ $0.kept[key] }) {
            let layout = try Layout(at: path)
            let manifest = try layout.manifest(entry)
            try keeping.withLock { _ in for blob in manifest.blobs { try check(blob, layout) } }
            if try layout.holdsAll(manifest.blobs) { return (layout, entry, manifest, nil) }
        }
        let pull = pull(reference, insecure)
        let found = try run.withLock({ $0.images[key] }) ?? pull.find(platform)
        context.log.info("pulling docker://\(reference)")
        let writer = try writer()
        defer { writer.abandon() }
        let layout = writer.layout
        try layout.removeOldParts()
        try keeping.withLock { _ in
            for blob in found.manifest.blobs { try check(blob, layout) }
            try pulled.note(found, before: layout)
        }
        let config = try bringing.with(found.manifest.config.digest, checkpoint: context.cancellation.check) {
            try pull.fetchConfig(found, into: writer, progress: context.log.progress)
        }
        return (layout, found.descriptor, found.manifest, Missing(key: key, pull: pull, found: found, config: config))
    }

    /// The manifest of an image that ``image(_:insecure:_:check:)`` has found, as the registry has it: what is kept is in the
    /// OCI's terms.
    ///
    /// - Returns: `nil` if it is kept as it was, or the registry has another image there by now.
    func original(
        _ reference: ImageReference, insecure: Bool, _ platform: Platform, of manifest: Digest
    ) throws -> [UInt8]? {
        if reference.digest == manifest { return nil }
        let key = Key(reference: reference, platform: platform)
        let found = try run.withLock({ $0.images[key] }) ?? pull(reference, insecure).find(platform)
        return found.descriptor.digest == manifest ? found.original : nil
    }

    /// Fetches an image, and unpacks its layers while they come; those that are in the layout already are left to others. Of
    /// several images that have a blob in common, one brings it.
    func fetch(_ missing: Missing, _ unpacker: LayerUnpacker) throws {
        let (found, pull) = (missing.found, missing.pull)
        let writer = try writer()
        defer { writer.abandon() }
        let arrivals = LayerArrivals(Image(found.manifest, missing.config), unpacker)
        try arrivals.unpack {
            try pull.fetch(
                found, into: writer, keepsParts: true, progress: context.log.progress,
                alone: { [bringing] in try bringing.with($0, checkpoint: $1, $2) }, arriving: arrivals.begin,
                checkpoint: { [cancellation = context.cancellation] in
                    try cancellation.check()
                    try arrivals.check()
                })
        }
        try record(found, missing.key, by: writer)
    }

    /// Fetches some layers of an image that are not there, and unpacks nothing.
    func fetch(_ layers: [Descriptor], of missing: Missing) throws {
        let wanted = Set(layers.map(\.digest))
        let writer = try writer()
        defer { writer.abandon() }
        try missing.pull.fetch(
            missing.found, only: { wanted.contains($0.digest) }, into: writer, keepsParts: true,
            progress: context.log.progress,
            alone: { [bringing] in try bringing.with($0, checkpoint: $1, $2) },
            checkpoint: { [cancellation = context.cancellation] in try cancellation.check() })
        try record(missing.found, missing.key, by: writer)
    }

    private func pull(_ reference: ImageReference, _ isInsecure: Bool) -> ImagePull {
        ImagePull(
            reference,
            from: context.servers.registry(
                reference.registry, isInsecure: isInsecure, allowedBy: context.request.plainRegistryRemedy))
    }

    // MARK: - What is kept

    /// Which manifest or index of the registry the entry was made of.
    static let sourceAnnotation = "io.stackeroci.stacker.registry_digest"

    /// One tag for each platform; a "+" is in no tag of a registry.
    private static func tag(_ key: Key) -> String {
        "\(key.reference)+\(key.platform.description.replacing("/", with: "-"))"
    }

    /// The entry of an image that was pulled before, if its manifest is still there.
    private func entry(_ key: Key) throws -> Descriptor? {
        guard let layout = try Layout(ifThereAt: path), let entry = try layout.entry(tag: Self.tag(key)),
            (try? layout.manifest(entry)) != nil
        else { return nil }
        return entry
    }

    /// The config of an image that was pulled before, as it was then; no registry is asked.
    static func keptConfig(
        _ reference: ImageReference, _ platform: Platform, in stackerDirectory: FilePath
    ) throws -> ImageConfig? {
        guard let layout = try Layout(ifThereAt: directory(in: stackerDirectory)),
            let entry = try layout.entry(tag: tag(Key(reference: reference, platform: platform)))
        else { return nil }
        return try layout.image(entry).config
    }

    /// Where the layout is.
    static func directory(in stackerDirectory: FilePath) -> FilePath {
        stackerDirectory.pushing("layer-bases/oci")
    }

    private func writer() throws -> LayoutWriter {
        try LayoutWriter(openingOrCreating: path, checkpoint: context.cancellation.check)
    }

    private func record(_ found: ImagePull.Found, _ key: Key, by writer: LayoutWriter) throws {
        var entry = found.descriptor
        entry.annotations = [Self.sourceAnnotation: found.source.description]
        entry.platform = key.platform
        try writer.setEntries([(Self.tag(key), entry)])
        run.withLock { $0.kept[key] = entry }
    }

    /// In which repositories of a registry the blobs of kept images are: they need not be sent there once more.
    static func repositories(of registry: RegistryHost, in stackerDirectory: FilePath) -> [Digest: String] {
        var repositories: [Digest: String] = [:]
        // Whatever is wrong with what is kept only means that more is sent.
        guard let layout = try? Layout(at: directory(in: stackerDirectory)), let index = try? layout.index()
        else { return [:] }
        for entry in index.manifests where entry.annotations?[sourceAnnotation] != nil {
            guard let name = entry.tag?.prefix(while: { $0 != "+" }), let reference = try? ImageReference(String(name)),
                reference.registry == registry, let manifest = try? layout.manifest(entry)
            else { continue }
            for layer in manifest.layers { repositories[layer.digest] = reference.repository }
        }
        return repositories
    }
}
