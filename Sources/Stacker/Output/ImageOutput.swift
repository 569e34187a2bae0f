import Failure
import FileTree
import Layers
import OCI
import Progress
import SystemPackage

/// Turns upperdirs into layers of the output layout, one image for each requested type.
struct ImageOutput {
    let layout: Layout
    let roots: RootsDirectory
    let types: [LayerType]
    let formats: [LayerFormat]
    let options: EncodeOptions
    let identity: BuildIdentity
    let progress: any ProgressSink
    private(set) var drafts: [LayerType: ImageDraft] = [:]

    init(
        _ base: BuildBase, to layout: Layout, roots: RootsDirectory, request: BuildRequest, identity: BuildIdentity,
        options: EncodeOptions, progress: any ProgressSink
    ) throws {
        self.progress = progress
        self.layout = layout
        self.roots = roots
        self.identity = identity
        self.options = options
        types = request.layerTypes
        formats = types.map(request.format)
        for type in types {
            guard let manifest = base.metadata.manifests[type], let config = base.metadata.configs[type] else {
                throw Failure("the base has no \(type) image")
            }
            drafts[type] = ImageDraft(manifest, config)
            try bringBlobs(of: manifest, type, from: base.source)
        }
    }

    /// Sees that the blobs of the layers below are in the output layout: linked from where the base is or, if they are of
    /// another type or nobody has them any more, encoded once more from the unpacked layer.
    private mutating func bringBlobs(of manifest: ImageManifest, _ type: LayerType, from source: Layout?) throws {
        let conversion = LayerConversion(roots: roots, layout: layout, options: options, progress: progress)
        for (place, layer) in manifest.layers.enumerated() {
            let isOfType = type.describes(layer.mediaType)
            if try isOfType && layout.holds(layer) { continue }
            if isOfType, let source, try source.holds(layer) {
                let verified = try roots.hasVerified(source.open(layer), of: layer.digest)
                try layout.adopt(layer, from: source, verified: verified)
            } else if let format = zip(types, formats).first(where: { $0.0 == type })?.1 {
                let converted = try attempt("couldn't make a \(type) layer of base layer \(layer.digest)") {
                    try conversion.convert(layer.digest, to: format)
                }
                drafts[type]?.replaceLayer(at: place, with: converted.descriptor, diffID: converted.diffID)
            }
        }
    }

    private func encode(_ tree: FilePath, of layer: String, root: RootEntry?) throws -> [EncodedLayer] {
        var options = options
        if let root { options.root = root }
        return try progress.packing(layer, tree) {
            options.advanced = $0
            return try encodeLayer(Directory(at: tree), as: formats, into: layout.blobs, options: options) ?? []
        }
    }

    /// Encodes a build_only layer on which this image stands, and moves its upperdir to where layers are.
    mutating func addBuildOnly(_ name: String) throws {
        let layer = roots.layer(name)
        guard var metadata = try layer.metadata() else { throw Failure("\(layer.path) has no metadata") }
        let parts = try add(layer, metadata.overlayDirectories)
        for type in types {
            guard let draft = drafts[type] else { continue }
            metadata.manifests[type]?.layers = draft.layers
            metadata.configs[type]?.rootfs = draft.config.rootfs
            metadata.configs[type]?.history = draft.config.history
        }
        metadata.builtLayers = []
        metadata.hasBuiltOCIOutput = true
        metadata.overlayDirLayers = descriptors(of: parts)
        // Before the upperdir moves: a layer whose metadata name content that is not there is built anew, one whose
        // upperdir is gone without a trace would be taken for one that changed nothing.
        try layer.write(metadata)
        try store(parts, of: layer)
    }

    /// Encodes the overlay dirs and the upperdir of the image's own layer, signs the image and tags it.
    ///
    /// - Parameters:
    ///   - base: what the layer was built on, and its own overlay dirs.
    ///   - root: when the layer's own blob says something of the root directory; always, if the layer is to be there
    ///     whatever is in it.
    /// - Returns: the manifest of each type.
    mutating func finish(
        _ definition: LayerDefinition, labels: [(name: String, value: String)], annotations: [String: String],
        metadata base: OverlayMetadata, root: RootEntry
    ) throws -> [LayerType: Descriptor] {
        let layer = roots.layer(definition.name)
        let parts = try add(layer, base.overlayDirectories, root: root)
        var outputs: [LayerType: Descriptor] = [:]
        var metadata = base
        var index = try layout.index()
        for type in types {
            guard var draft = drafts[type] else { continue }
            draft.add(labels: labels)
            draft.apply(definition, identity)
            draft.sign(identity, annotations: annotations)
            let descriptor = try draft.write(to: layout)
            outputs[type] = descriptor
            index.setEntry(tag: type.tag(for: definition.name), to: descriptor)
            metadata.manifests[type] = try layout.manifest(descriptor)
            metadata.configs[type] = draft.config
        }
        metadata.builtLayers = []
        metadata.hasBuiltOCIOutput = true
        metadata.overlayDirLayers = descriptors(of: parts)
        try layer.write(metadata)
        try store(parts, of: layer)
        try layout.replaceIndex(index)
        return outputs
    }

    // MARK: - The directories of a layer

    /// A directory of a layer's storage that became a layer of the image.
    private struct Part {
        /// The overlay dir; `nil` for the upperdir.
        var overlayDirectory: String?
        /// The blob of each type; none if there was nothing in it.
        var encoded: [EncodedLayer]
    }

    private mutating func add(
        _ layer: LayerDirectory, _ overlayDirectories: [OverlayDirectoryCopy], root: RootEntry? = nil
    ) throws -> [Part] {
        try attempt("couldn't pack layer \(layer.name)") {
            var parts: [Part] = []
            for name in overlayDirectories.map(\.name) {
                let encoded = try add(
                    layer.overlayDirectory(name), of: layer.name, createdBy: "stacker overlay dir for \(layer.name)")
                parts.append(Part(overlayDirectory: name, encoded: encoded))
            }
            let own = try add(layer.upper, of: layer.name, createdBy: "stacker build of \(layer.name)", root: root)
            parts.append(Part(encoded: own))
            return parts
        }
    }

    private mutating func add(
        _ directory: FilePath, of layer: String, createdBy: String, root: RootEntry? = nil
    ) throws -> [EncodedLayer] {
        let encoded = try encode(directory, of: layer, root: root)
        let time = identity.created
        for (type, blob) in zip(types, encoded) {
            drafts[type]?.append(blob, createdBy: createdBy, at: time)
        }
        return encoded
    }

    private func descriptors(of parts: [Part]) -> [LayerType: [Descriptor]] {
        let encoded = parts.filter { $0.overlayDirectory != nil && !$0.encoded.isEmpty }.map(\.encoded)
        var result: [LayerType: [Descriptor]] = [:]
        for (number, type) in types.enumerated() where !encoded.isEmpty {
            result[type] = encoded.map { $0[number].descriptor }
        }
        return result
    }

    /// One copy on disk, however many types: the first type's digest names the directory, the others are symlinks to it.
    private func store(_ parts: [Part], of layer: LayerDirectory) throws {
        for part in parts {
            guard let first = part.encoded.first?.descriptor.digest else { continue }
            if let name = part.overlayDirectory {
                try layer.moveOverlayDirectory(name, to: first)
            } else {
                try layer.moveUpper(to: first)
            }
            for other in part.encoded.dropFirst() { try roots.link(other.descriptor.digest, to: first) }
        }
    }
}
