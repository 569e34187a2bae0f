import Failure
import FileTree
import Layers
import OCI
import Recipes
import Roots
import SystemPackage

/// Puts the entry of a layer together: an artifact in a layout, from where it is sent.
struct SharedDraft {
    /// The layer.
    let name: String
    let context: BuildContext
    let output: OutputLayout
    /// Signs it.
    private let signer: SharedSigner?

    private var directories: StackerDirectories { context.directories }
    private var roots: RootsDirectory { context.roots }

    /// Under stacker's directory: has a layout for each layer, as long as its entry is made or taken.
    static let directoryName: FilePath = "shared-cache"

    init(of name: String, context: BuildContext, output: OutputLayout, signer: SharedSigner? = nil) {
        (self.name, self.context, self.output, self.signer) = (name, context, output, signer)
    }

    /// Where that layout is.
    var place: FilePath { directories.stacker.pushing(Self.directoryName).appending(name) }

    /// What entries of the layer have in common, whichever keys they have.
    struct Parts {
        fileprivate let writer: LayoutWriter
        fileprivate let artifact: ArtifactManifest
        fileprivate let platform: Platform
        fileprivate let signer: SharedSigner?
        /// What is the same of the layer's build on all machines that have it.
        let identity: Digest

        /// What the entry says of the layer.
        var record: Descriptor { artifact.config }

        /// The layout that has all of it.
        var layout: Layout { writer.layout }

        /// The manifest of the entry of one key.
        func manifest(of key: Digest) throws -> Descriptor {
            var artifact = artifact
            artifact.annotations?.merge(SharedAnnotations.subject(of: key, for: platform)) { $1 }
            try signer?.sign(&artifact)
            return try writer.put(JSON.encode(artifact), .manifest)
        }
    }

    /// What an entry is of.
    enum Subject {
        /// Images, and what they are: see ``ImageContent``.
        case images(Digest?)
        /// The directories of a build_only layer, and what else it is: see ``SharedKey/frame``.
        case directories(Digest)
    }

    /// Makes the parts of an entry.
    func make(_ definition: LayerDefinition, _ entry: BuildCache.Entry, _ subject: Subject) throws -> Parts {
        let (record, blobs, writer): (SharedRecord, [Descriptor], LayoutWriter)
        var content: Digest?
        switch subject {
        case .images(let digest):
            content = digest
            (record, blobs, writer) = try makeImages(definition, entry)
        case .directories(let frame): (record, blobs, writer) = try makeDirectories(definition, frame)
        }
        let config = try writer.put(JSON.encode(record), SharedRecord.mediaType)
        var artifact = ArtifactManifest(SharedAnnotations.artifactType, config: config, layers: blobs.eachOnce())
        var annotations = [SharedAnnotations.layer: definition.tag]
        annotations[SharedAnnotations.types] = LayerType.allCases.filter { record.images?[$0] != nil }
            .map(\.rawValue).joined(separator: " ")
        annotations[SharedAnnotations.made] = RFC3339.format(.now, fraction: false)
        annotations[SharedAnnotations.content] = content?.hex
        annotations[SharedAnnotations.milliseconds] = entry.milliseconds.map { String($0) }
        artifact.annotations = annotations
        return Parts(
            writer: writer, artifact: artifact, platform: definition.platform, signer: signer,
            identity: content ?? config.digest)
    }

    /// Removes what was made for this alone.
    func clear() {
        try? Directory(at: place.removingLastComponent()).removeTree(FilePath(name))
    }

    // MARK: - Images

    private func makeImages(
        _ definition: LayerDefinition, _ entry: BuildCache.Entry
    ) throws -> (SharedRecord, [Descriptor], LayoutWriter) {
        let writer = try output.writer()
        var record = SharedRecord(layer: definition.tag)
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
        return (record, blobs, writer)
    }

    // MARK: - Directories of a build_only layer

    private func makeDirectories(
        _ definition: LayerDefinition, _ frame: Digest
    ) throws -> (SharedRecord, [Descriptor], LayoutWriter) {
        let storage = roots.layer(definition.name)
        guard let metadata = try storage.metadata(),
            let type = LayerType.allCases.first(where: { metadata.images[$0] != nil })
        else { throw Failure("\(storage.path) has no metadata") }
        let writer = try LayoutWriter(openingOrCreating: place)
        var record = SharedRecord(layer: definition.tag)
        record.frame = frame
        record.labels = metadata.images[type]?.config.config?.labels ?? [:]
        record.overlayDirectories = try metadata.overlayDirectories.map { copy in
            SharedRecord.Piece(copy: copy, blob: try encode(storage.overlayDirectory(copy.name), by: writer))
        }
        let upperdir = try encode(upperdir(of: storage, metadata, type), by: writer)
        record.upper = upperdir
        let blobs = record.overlayDirectories.compactMap(\.blob) + [upperdir]
        return (record, blobs.map(\.descriptor), writer)
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
        options.checkpoint = context.cancellation.check
        let encoded = try encodeLayer(Directory(at: path), as: [.tar(.zstd())], into: writer, options: options)
        guard let layer = encoded?.first else { throw Failure("nothing came out of \(path)") }
        return SharedRecord.Blob(descriptor: layer.descriptor, diffID: layer.diffID)
    }
}
