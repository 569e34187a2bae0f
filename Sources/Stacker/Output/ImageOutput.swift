import Failure
import FileTree
import Layers
import OCI
import SystemPackage

/// Turns upperdirs into layers of the output layout, one image for each requested type.
struct ImageOutput {
    let layout: Layout
    let roots: RootsDirectory
    let types: [LayerType]
    let formats: [LayerFormat]
    let options: EncodeOptions
    let identity: BuildIdentity
    private(set) var drafts: [LayerType: ImageDraft] = [:]

    init(
        _ base: BuildBase, to layout: Layout, roots: RootsDirectory, request: BuildRequest, identity: BuildIdentity,
        options: EncodeOptions
    ) throws {
        self.layout = layout
        self.roots = roots
        self.identity = identity
        self.options = options
        types = request.layerTypes
        formats = types.map { $0.format(request.compression) }
        for type in types {
            guard let manifest = base.metadata.manifests[type], let config = base.metadata.configs[type] else {
                throw Failure("the base has no \(type) image")
            }
            drafts[type] = ImageDraft(manifest, config)
            try bringBlobs(of: manifest, type, from: base.source)
        }
    }

    /// Sees that the blobs of the layers below are in the output layout: linked from where the base is or, if nobody has
    /// them any more, encoded once more from the unpacked layer.
    private mutating func bringBlobs(of manifest: ImageManifest, _ type: LayerType, from source: Layout?) throws {
        for (place, layer) in manifest.layers.enumerated() where try !layout.holds(layer) {
            if let source, try source.holds(layer) {
                let verified = try roots.hasVerified(source.open(layer), of: layer.digest)
                try layout.adopt(layer, from: source, verified: verified)
            } else if let again = try encode(Directory(at: roots.contentPath(of: layer.digest)), [type]).first {
                try roots.link(again.descriptor.digest, to: layer.digest)
                drafts[type]?.replaceLayer(at: place, with: again)
            } else {
                throw Failure("layer \(layer.digest) of the base is in no layout", help: "build the base again")
            }
        }
    }

    private func encode(_ tree: Directory, _ types: [LayerType]) throws -> [EncodedLayer] {
        let formats = zip(self.types, formats).filter { types.contains($0.0) }.map(\.1)
        return try encodeLayer(tree, as: formats, into: layout.blobs, options: options) ?? []
    }

    /// Encodes a build_only layer on which this image stands, and moves its upperdir to where layers are.
    mutating func addBuildOnly(_ name: String) throws {
        let layer = roots.layer(name)
        let encoded = try add(upperOf: layer)
        guard var metadata = try layer.metadata() else { throw Failure("\(layer.path) has no metadata") }
        for type in types {
            guard let draft = drafts[type] else { continue }
            metadata.manifests[type]?.layers = draft.layers
            metadata.configs[type]?.rootfs = draft.config.rootfs
            metadata.configs[type]?.history = draft.config.history
        }
        metadata.builtLayers = []
        metadata.hasBuiltOCIOutput = true
        // Before the upperdir moves: a layer whose metadata name content that is not there is built anew, one whose
        // upperdir is gone without a trace would be taken for one that changed nothing.
        try layer.write(metadata)
        try store(encoded, upperOf: layer)
    }

    /// Encodes the upperdir of the image's own layer, signs the image and tags it.
    ///
    /// - Returns: the manifest of each type.
    mutating func finish(
        _ definition: LayerDefinition, labels: [(name: String, value: String)], annotations: [String: String],
        metadata base: OverlayMetadata
    ) throws -> [LayerType: Descriptor] {
        let layer = roots.layer(definition.name)
        let encoded = try add(upperOf: layer)
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
        try layer.write(metadata)
        try store(encoded, upperOf: layer)
        try layout.replaceIndex(index)
        return outputs
    }

    private mutating func add(upperOf layer: LayerDirectory) throws -> [EncodedLayer] {
        try attempt("couldn't pack layer \(layer.name)") {
            let encoded = try encode(Directory(at: layer.upper), types)
            for (type, blob) in zip(types, encoded) {
                drafts[type]?.append(blob, createdBy: "stacker build of \(layer.name)", at: identity.created)
            }
            return encoded
        }
    }

    /// One copy on disk, however many types: the first type's digest names the directory, the others are symlinks to it.
    private func store(_ encoded: [EncodedLayer], upperOf layer: LayerDirectory) throws {
        guard let first = encoded.first?.descriptor.digest else { return }
        try layer.moveUpper(to: first)
        for other in encoded.dropFirst() { try roots.link(other.descriptor.digest, to: first) }
    }
}

extension LayerType {
    /// How a layer of this type is encoded.
    func format(_ compression: Compression) -> LayerFormat {
        switch self {
        case .tar: .tar(compression)
        }
    }
}
