import Layers
import OCI

extension OverlayMetadata {
    /// Adds types that there are not yet. Their layers are those of a type that there is: whoever makes an image of them
    /// encodes each once more.
    ///
    /// - Parameter base: what the layer was built on: its layers may be as they came, and not encoded yet.
    package mutating func add(_ types: [LayerType], on base: OverlayMetadata? = nil) {
        guard let known = LayerType.allCases.first(where: { images[$0] != nil }), let image = images[known] else {
            return
        }
        for type in types where images[type] == nil {
            images[type] = image
            overlayDirLayers[type] = overlayDirLayers[known]
            guard let below = base?.images[type], below.layers.count <= image.layers.count,
                below.config.rootfs.diffIDs.count == below.layers.count
            else { continue }
            let lowest = below.layers.indices
            images[type]?.manifest.layers.replaceSubrange(lowest, with: below.layers)
            images[type]?.config.rootfs.diffIDs.replaceSubrange(lowest, with: below.config.rootfs.diffIDs)
        }
    }

    /// Adds an image of a further type, whose layers have their places in common with those of another type.
    package mutating func add(_ type: LayerType, _ image: Image, madeOf other: Image) {
        let places = overlayDirLayers.values.lazy.compactMap { layers -> [Int]? in
            let places = layers.compactMap { layer in other.layers.firstIndex { $0.digest == layer.digest } }
            return places.count == layers.count ? places : nil
        }.first
        images[type] = image
        overlayDirLayers[type] = places?.map { image.layers[$0] }
    }
}
