import Failure
import FileTree
import Host
import Layers
import OCI
import Recipes
import Roots
import SystemPackage

/// Puts the entry of a layer together: an artifact in a layout, from where it is sent.
struct SharedDraft {
    let context: BuildContext
    let output: OutputLayout

    private var directories: StackerDirectories { context.directories }
    private var roots: RootsDirectory { context.roots }

    /// Under stacker's directory: a layout that is there as long as an entry is made or taken.
    static let layoutName: FilePath = "shared-cache"

    /// Makes the entry.
    ///
    /// - Returns: the manifest, and the layout that has all of it.
    func make(
        _ definition: LayerDefinition, _ entry: BuildCache.Entry, key: Digest
    ) throws -> (layout: Layout, manifest: Descriptor) {
        try definition.isBuildOnly ? makeDirectories(definition, key) : makeImages(definition, entry, key)
    }

    /// Removes what was made for this alone.
    func clear() {
        try? Directory(at: directories.stacker).removeTree(Self.layoutName)
    }

    private func artifact(
        _ record: SharedRecord, _ blobs: [Descriptor], by writer: LayoutWriter
    ) throws -> (layout: Layout, manifest: Descriptor) {
        let config = try writer.put(JSON.encode(record), SharedRecord.mediaType)
        let artifact = ArtifactManifest(SharedRecord.artifactType, config: config, layers: blobs.eachOnce())
        return (writer.layout, try writer.put(JSON.encode(artifact), .manifest))
    }

    // MARK: - Images

    private func makeImages(
        _ definition: LayerDefinition, _ entry: BuildCache.Entry, _ key: Digest
    ) throws -> (layout: Layout, manifest: Descriptor) {
        let writer = try output.writer()
        var record = SharedRecord(key: key, layer: definition.name)
        record.images = [:]
        var blobs: [Descriptor] = []
        var manifests: [ImageManifest] = []
        for type in context.request.layerTypes.sorted(by: { $0.rawValue < $1.rawValue }) {
            guard let output = entry.manifests[type] else { throw Failure("it has no \(type) image") }
            let manifest = try writer.layout.manifest(output)
            record.images?[type] = output
            manifests.append(manifest)
            // A registry need not know what these are; it would look for manifests among its manifests.
            for small in [output, manifest.config] {
                blobs.append(
                    Descriptor(mediaType: .init(rawValue: "application/json"), digest: small.digest, size: small.size))
            }
            blobs += manifest.layers
        }
        let storage = roots.layer(definition.name)
        record.overlayDirectories = try (storage.metadata()?.overlayDirectories ?? []).map { copy in
            let digest = try storage.digest(ofOverlayDirectory: copy.name)
            let place = digest.flatMap { digest in
                manifests.lazy.compactMap { $0.layers.firstIndex { $0.digest == digest } }.first
            }
            if place != nil { return SharedRecord.Piece(copy: copy, place: place) }
            // Nothing came of it, or it went into a layer together with others.
            let path = storage.overlayDirectory(copy.name)
            let isEmpty = try Directory(at: path).names().isEmpty
            return SharedRecord.Piece(copy: copy, blob: isEmpty ? nil : try encode(path, by: writer))
        }
        blobs += record.overlayDirectories.compactMap(\.blob?.descriptor)
        return try artifact(record, blobs, by: writer)
    }

    // MARK: - Directories of a build_only layer

    private func makeDirectories(
        _ definition: LayerDefinition, _ key: Digest
    ) throws -> (layout: Layout, manifest: Descriptor) {
        let storage = roots.layer(definition.name)
        guard let metadata = try storage.metadata(),
            let type = LayerType.allCases.first(where: { metadata.images[$0] != nil })
        else { throw Failure("\(storage.path) has no metadata") }
        let writer = try LayoutWriter(openingOrCreating: directories.stacker.pushing(Self.layoutName))
        var record = SharedRecord(key: key, layer: definition.name)
        record.labels = metadata.images[type]?.config.config?.labels ?? [:]
        record.overlayDirectories = try metadata.overlayDirectories.map { copy in
            SharedRecord.Piece(copy: copy, blob: try encode(storage.overlayDirectory(copy.name), by: writer))
        }
        let upperdir = try encode(upperdir(of: storage, metadata, type), by: writer)
        record.upper = upperdir
        let blobs = record.overlayDirectories.compactMap(\.blob) + [upperdir]
        return try artifact(record, blobs.map(\.descriptor), by: writer)
    }

    /// Where the upperdir of a build_only layer is: in place, or where layers are, once an image stands on it.
    private func upperdir(of storage: LayerDirectory, _ metadata: OverlayMetadata, _ type: LayerType) throws -> FilePath
    {
        guard metadata.hasBuiltOCIOutput, let base = try storage.base() else { return storage.upperdir }
        let layers = metadata.images[type]?.layers ?? []
        let below = try base.builtLayers.last.map { try roots.layer($0).metadata() } ?? base
        let own = layers.count - (below?.images[type]?.layers.count ?? 0)
        // The overlay dirs come first; an upperdir that had nothing in it has become no layer.
        guard own > metadata.overlayDirLayers[type]?.count ?? 0, let top = layers.last else { return storage.upperdir }
        return try roots.contentOfTop(of: layers)?.first ?? roots.contentPath(of: top.digest)
    }

    /// A directory as a tar with all that later layers can see of it.
    private func encode(_ path: FilePath, by writer: LayoutWriter) throws -> SharedRecord.Blob {
        var options = EncodeOptions()
        options.keepsSubseconds = true
        options.root = .always
        options.checkpoint = { try StopSignal.check() }
        let encoded = try encodeLayer(Directory(at: path), as: [.tar(.zstd())], into: writer, options: options)
        guard let layer = encoded?.first else { throw Failure("nothing came out of \(path)") }
        return SharedRecord.Blob(descriptor: layer.descriptor, diffID: layer.diffID)
    }
}
