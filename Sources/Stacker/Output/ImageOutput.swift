import Failure
import FileTree
import Layers
import OCI
import Progress
import Recipes
import Roots
import SystemPackage

/// Turns upperdirs into layers of the output layout, one image for each requested type.
struct ImageOutput {
    let writer: LayoutWriter
    let context: BuildContext
    let types: [LayerType]
    let formats: [LayerFormat]
    let options: EncodeOptions
    private(set) var drafts: [LayerType: ImageDraft] = [:]
    private var layout: Layout { writer.layout }
    private var roots: RootsDirectory { context.roots }
    /// How the layers were written that are no base's; see ``OverlayMetadata/writtenAs``.
    private var writtenAs: [String: String]
    /// How many layers are below those of build_only layers.
    private let layersBelow: Int

    init(_ base: BuildBase, by writer: LayoutWriter, _ context: BuildContext, _ options: EncodeOptions) throws {
        self.writer = writer
        self.context = context
        self.options = options
        let layers = base.metadata.anyImage?.layers ?? []
        layersBelow = layers.count - (base.metadata.buildOnlyLayers ?? 0)
        types = context.request.layerTypes
        formats = types.map(context.request.format)
        writtenAs = base.metadata.writtenAs ?? [:]
        for (type, format) in zip(types, formats) {
            guard let image = base.metadata.images[type] else { throw Failure("the base has no \(type) image") }
            drafts[type] = ImageDraft(image)
            try bringBlobs(of: image, type, format, on: base)
        }
    }

    /// Sees that the blobs of the layers below are in the output layout: linked from where the base is or, if they are of
    /// another type, were written another way or nobody has them any more, encoded once more from the unpacked layer. One
    /// that is there and damaged is as good as none.
    private mutating func bringBlobs(
        of image: Image, _ type: LayerType, _ format: LayerFormat, on base: BuildBase
    ) throws {
        let conversion = LayerConversion(context: context, writer: writer, options: options)
        for (place, layer) in image.layers.enumerated() {
            let isOfType =
                type.describes(layer.mediaType) && !base.metadata.isWritten(layer, otherwiseThan: format)
            let isThere = try isOfType && layout.holds(layer)
            if isThere {
                if try roots.isWhole(layer, in: layout) { continue }
                options.warn("blob \(layer.digest) in \(layout.path) is damaged; it is made anew")
            }
            if isOfType, let source = base.source, try source.holds(layer) {
                let verified = try roots.hasVerified(source.open(layer), of: layer.digest)
                try writer.adopt(layer, from: source, verified: verified, replacing: isThere)
            } else {
                let below = (drafts[type]?.layers ?? []).prefix(place)
                let converted = try attempt(
                    "couldn't make a \(type) layer of base layer \(layer.digest) for \(layout.path)"
                ) {
                    try conversion.convertTop(
                        of: Array(image.layers[...place]), over: below, to: format,
                        root: root(of: place, in: image.layers))
                }
                drafts[type]?.replaceLayer(at: place, with: converted.descriptor, diffID: converted.diffID)
                writtenAs[converted.descriptor.digest.hex] = format.record
            }
        }
    }

    /// When a layer that is encoded once more says something of the root directory: one of a base always, one of a
    /// build_only layer if it says something new, as when it was encoded first.
    private func root(of place: Int, in layers: [Descriptor]) throws -> RootEntry {
        guard place >= layersBelow else { return .always }
        let below = try roots.contentOfTop(of: Array(layers[..<place]))?.first
        return try RootEntry(unlike: below.map { try Directory(at: $0) })
    }

    /// - Parameters:
    ///   - layer: what the layer is called for who watches.
    ///   - directory: where its files are, to say how much there is to pack; the tree itself, or most of it.
    private func encode(
        _ tree: any TreeNode, in directory: FilePath, of layer: String, root: RootEntry?
    ) throws -> [EncodedLayer] {
        var options = options
        if let root { options.root = root }
        return try context.log.progress.packing(layer, directory) {
            options.advanced = $0
            return try encodeLayer(tree, as: formats, into: writer, options: options) ?? []
        }
    }

    /// Encodes a build_only layer on which this image stands, and moves its upperdir to where layers are.
    mutating func addBuildOnly(_ name: String) throws {
        let layer = roots.layer(name)
        guard var metadata = try layer.metadata() else { throw Failure("\(layer.path) has no metadata") }
        let below = try types.first.flatMap { try roots.contentOfTop(of: drafts[$0]?.layers ?? [])?.first }
        let root = try RootEntry(unlike: below.map { try Directory(at: $0) })
        let parts = try add(layer, metadata.overlayDirectories, root: root)
        metadata.becameLayers(
            of: drafts.mapValues(\.image), (drafts.values.first?.layers.count ?? 0) - layersBelow, writtenAs: writtenAs,
            overlayDirectories: descriptors(of: parts))
        try layer.commit(metadata, parts, from: layout)
    }

    /// Encodes the overlay dirs and the upperdir of the image's own layer, and signs the image.
    ///
    /// - Parameters:
    ///   - base: what the layer was built on, and its own overlay dirs.
    ///   - root: when the layer's own blob says something of the root directory; always, if the layer is to be there
    ///     whatever is in it.
    ///   - run: the build_only layers that are merged with the layer, and the layer itself.
    /// - Returns: the image of each type.
    mutating func finish(
        _ definition: LayerDefinition, labels: [(name: String, value: String)], annotations: [String: String],
        metadata base: OverlayMetadata, root: RootEntry, merging run: BuildOnlyRun? = nil
    ) throws -> LayerOutcome {
        let layer = roots.layer(definition.name)
        let merged = try run.map { ($0, try merge($0, layer, definition, root: root)) }
        let parts = try merged == nil ? add(layer, base.overlayDirectories, root: root) : []
        var manifests: [LayerType: Descriptor] = [:]
        var images: [LayerType: Image] = [:]
        for type in types {
            guard var draft = drafts[type] else { continue }
            draft.add(labels: labels)
            draft.apply(definition, context.identity)
            draft.sign(context.identity, annotations: annotations)
            try draft.refuseOversized(definition.name)
            (images[type], manifests[type]) = try draft.write(by: writer)
        }
        var metadata = base
        metadata.becameImages(images, overlayDirectories: descriptors(of: parts))
        let digest: Digest
        if let (run, blobs) = merged {
            digest = try layer.commit(metadata, run, blobs, of: types.compactMap { drafts[$0]?.layers })
        } else {
            digest = try layer.commit(metadata, parts, from: layout)
        }
        return .init(manifests: manifests, images: images, metadata: digest)
    }

    // MARK: - The directories of a layer

    private mutating func add(
        _ layer: LayerDirectory, _ overlayDirectories: [OverlayDirectoryCopy], root: RootEntry? = nil
    ) throws -> [EncodedDirectory] {
        try attempt("couldn't pack layer \(layer.name) for \(layout.path)") {
            var parts: [EncodedDirectory] = []
            var lowerdirs = try lowerdirs
            for name in overlayDirectories.map(\.name) {
                let encoded = try add(
                    layer.overlayDirectory(name), of: layer.name, createdBy: "stacker overlay dir for \(layer.tag)")
                parts.append(EncodedDirectory(overlayDirectory: name, blobs: encoded))
                lowerdirs.insert(layer.overlayDirectory(name), at: 0)
            }
            let own = try add(
                layer.upperdir, of: layer.name, createdBy: "stacker build of \(layer.tag)", root: root, over: lowerdirs
            )
            parts.append(EncodedDirectory(blobs: own))
            return parts
        }
    }

    /// The directories of the image so far, top first.
    private var lowerdirs: [FilePath] {
        get throws {
            let layers = types.first.flatMap { drafts[$0]?.layers } ?? []
            return try roots.contents(of: layers).reversed().flatMap { $0 ?? [] }
        }
    }

    /// - Parameter lowerdirs: what is below, top first, where that matters.
    private mutating func add(
        _ directory: FilePath, of layer: String, createdBy: String, root: RootEntry? = nil,
        over lowerdirs: [FilePath] = []
    ) throws -> [EncodedLayer] {
        let tree = try UpperDirectory(Directory(at: directory), over: lowerdirs)
        return append(try encode(tree, in: directory, of: layer, root: root), createdBy: createdBy)
    }

    /// Encodes a run of build_only layers and the image's own as one layer. Where nothing is left of them it is there
    /// all the same if there was a script: there is one layer for the run, whatever is in it.
    private mutating func merge(
        _ run: BuildOnlyRun, _ layer: LayerDirectory, _ definition: LayerDefinition, root: RootEntry
    ) throws -> [EncodedLayer] {
        try attempt("couldn't pack layer \(layer.name) with the build_only layers below it for \(layout.path)") {
            let tree = try run.tree()
            var encoded = try encode(tree, in: layer.upperdir, of: layer.name, root: root)
            if encoded.isEmpty, definition.run != nil {
                encoded = try encode(tree, in: layer.upperdir, of: layer.name, root: .always)
            }
            return append(encoded, createdBy: "stacker build of \(layer.tag)")
        }
    }

    private mutating func append(_ encoded: [EncodedLayer], createdBy: String) -> [EncodedLayer] {
        let time = context.identity.created
        for ((type, format), blob) in zip(zip(types, formats), encoded) {
            drafts[type]?.append(blob, createdBy: createdBy, at: time)
            writtenAs[blob.descriptor.digest.hex] = format.record
        }
        return encoded
    }

    private func descriptors(of parts: [EncodedDirectory]) -> [LayerType: [Descriptor]] {
        let encoded = parts.filter { $0.overlayDirectory != nil && !$0.blobs.isEmpty }.map(\.blobs)
        var result: [LayerType: [Descriptor]] = [:]
        for (number, type) in types.enumerated() where !encoded.isEmpty {
            result[type] = encoded.map { $0[number].descriptor }
        }
        return result
    }
}

extension LayerDirectory {
    /// What the recipe calls the layer: an image says the same on whichever machine it is built.
    fileprivate var tag: String { PlatformLayerName.parts(of: name)?.tag ?? name }
}
