import Failure
import FileTree
import Layers
import OCI
import Roots

/// Makes images of further types of a layer that is built: of the directories that its image was made of, so that they have
/// the same content, history and settings.
struct FurtherTypes {
    /// An image that there is.
    let image: Image
    /// What the layer was built on, without the build_only layers that were merged into it.
    let base: OverlayMetadata
    /// Where the blobs of the base are, beside the output layout.
    let source: Layout?
    let conversion: LayerConversion
    /// Whether the image's top layer is there whatever is in it, and says what the root directory is.
    let topSpeaksOfRoot: Bool

    /// The image in another type.
    func draft(_ type: LayerType, as format: LayerFormat) throws -> ImageDraft {
        var draft = ImageDraft(image)
        for place in image.layers.indices {
            let layer = try blobOfBase(at: place, type, format) ?? converted(place, over: draft, to: type, format)
            draft.replaceLayer(at: place, with: layer.descriptor, diffID: layer.diffID)
        }
        return draft
    }

    /// A layer of the base as it came, if it came in that type.
    private func blobOfBase(
        at place: Int, _ type: LayerType, _ format: LayerFormat
    ) throws -> LayerConversion.Outcome? {
        guard let layers = base.images[type]?.layers, layers.indices.contains(place),
            let diffIDs = base.images[type]?.config.rootfs.diffIDs, diffIDs.indices.contains(place),
            type.describes(layers[place].mediaType), !base.isWritten(layers[place], otherwiseThan: format)
        else { return nil }
        let layer = layers[place]
        if try !conversion.writer.layout.holds(layer) {
            guard let source, try source.holds(layer) else { return nil }
            let verified = try conversion.roots.hasVerified(source.open(layer), of: layer.digest)
            try conversion.writer.adopt(layer, from: source, verified: verified)
        }
        return .init(descriptor: layer, diffID: diffIDs[place])
    }

    private func converted(
        _ place: Int, over draft: ImageDraft, to type: LayerType, _ format: LayerFormat
    ) throws -> LayerConversion.Outcome {
        try attempt("couldn't make a \(type) layer of layer \(image.layers[place].digest)") {
            try conversion.convertTop(
                of: Array(image.layers[...place]), over: draft.layers.prefix(place), to: format, root: root(of: place))
        }
    }

    /// When a layer says something of the root directory: as when it is made in all types at once.
    private func root(of place: Int) throws -> RootEntry {
        let layersOfBase = base.anyImage?.layers.count ?? 0
        let isOfBuildOnly = base.buildOnlyLayers ?? 0
        guard place >= layersOfBase - isOfBuildOnly else { return .always }
        if topSpeaksOfRoot, place == image.layers.count - 1 { return .always }
        let below = place < layersOfBase ? image.layers[..<place] : image.layers[..<layersOfBase]
        let content = try conversion.roots.contentOfTop(of: Array(below))?.first
        return try RootEntry(unlike: content.map { try Directory(at: $0) })
    }
}
