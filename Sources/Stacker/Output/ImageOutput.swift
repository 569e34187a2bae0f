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
                let converted = try attempt("couldn't make a \(type) layer of base layer \(layer.digest)") {
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
    ///   - run: the build_only layers that are merged with the layer, and the layer itself.
    /// - Returns: the image of each type.
    mutating func finish(
        _ definition: LayerDefinition, labels: [(name: String, value: String)], annotations: [String: String],
        metadata base: OverlayMetadata, root: RootEntry, merging run: BuildOnlyRun? = nil
    ) throws -> LayerOutcome {
        let layer = roots.layer(definition.name)
        let parts =
            try run.map { [Part(encoded: try merge($0, layer, definition, root: root))] }
            ?? add(layer, base.overlayDirectories, root: root)
        var outputs: [LayerType: Descriptor] = [:]
        var images: [LayerType: Image] = [:]
        for type in types {
            guard var draft = drafts[type] else { continue }
            draft.add(labels: labels)
            draft.apply(definition, context.identity)
            draft.sign(context.identity, annotations: annotations)
            try draft.refuseOversized(definition.name)
            (images[type], outputs[type]) = try draft.write(by: writer)
        }
        var metadata = base
        metadata.becameImages(images, overlayDirectories: descriptors(of: parts))
        let digest = try layer.write(metadata)
        if let run {
            try store(run, parts[0].encoded, of: layer)
        } else {
            try store(parts, of: layer)
        }
        try writer.tag(outputs, of: definition.name, types)
        return .init(outputs: outputs, images: images, metadata: digest)
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
            var lowerdirs = try lowerdirs
            for name in overlayDirectories.map(\.name) {
                let encoded = try add(
                    layer.overlayDirectory(name), of: layer.name, createdBy: "stacker overlay dir for \(layer.name)")
                parts.append(Part(overlayDirectory: name, encoded: encoded))
                lowerdirs.insert(layer.overlayDirectory(name), at: 0)
            }
            let own = try add(
                layer.upper, of: layer.name, createdBy: "stacker build of \(layer.name)", root: root, over: lowerdirs)
            parts.append(Part(encoded: own))
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
        let tree = try LayerTree(Directory(at: directory), over: lowerdirs)
        return append(try encode(tree, in: directory, of: layer, root: root), createdBy: createdBy)
    }

    /// Encodes a run of build_only layers and the image's own as one layer. Where nothing is left of them it is there
    /// all the same if there was a script: there is one layer for the run, whatever is in it.
    private mutating func merge(
        _ run: BuildOnlyRun, _ layer: LayerDirectory, _ definition: LayerDefinition, root: RootEntry
    ) throws -> [EncodedLayer] {
        try attempt("couldn't pack layer \(layer.name) with the build_only layers below it") {
            let tree = try run.tree()
            var encoded = try encode(tree, in: layer.upper, of: layer.name, root: root)
            if encoded.isEmpty, definition.run != nil {
                encoded = try encode(tree, in: layer.upper, of: layer.name, root: .always)
            }
            return append(encoded, createdBy: "stacker build of \(layer.name)")
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
            let isNew =
                try part.overlayDirectory.map { try layer.moveOverlayDirectory($0, to: first) }
                ?? layer.moveUpper(to: first)
            for other in part.encoded.dropFirst() {
                try roots.link(other.descriptor.digest, to: first, mending: isNew)
            }
            for blob in part.encoded.map(\.descriptor) {
                try roots.noteVerified(layout.open(blob), of: blob.digest)
            }
        }
    }

    /// What was merged is where it was, as parts of the layer's content: whatever is built on it has them below.
    private func store(_ run: BuildOnlyRun, _ encoded: [EncodedLayer], of layer: LayerDirectory) throws {
        let images = types.compactMap { drafts[$0]?.layers }
        guard let first = encoded.first?.descriptor.digest, let image = images.first else { return }
        if try roots.contentOfTop(of: image) == nil {
            let merged = MergedLayer(try run.keep(), over: images.map { MergedLayer.base($0.dropLast()) })
            let temporary = try roots.makeTemporary()
            try merged.write(to: roots.directory.directory(temporary))
            try roots.install(temporary, as: first)
        }
        try layer.clearUpper()
        for other in encoded.dropFirst() { try roots.link(other.descriptor.digest, to: first) }
    }
}
