import Layers
import OCI

extension OverlayMetadata {
    /// Adds types that there are not yet. Their layers are those of a type that there is: whoever makes an image of them
    /// encodes each once more.
    ///
    /// - Parameter base: what the layer was built on: its layers may be as they came, and not encoded yet.
    package mutating func add(_ types: [LayerType], on base: OverlayMetadata? = nil) {
        guard let known = LayerType.allCases.first(where: { manifests[$0] != nil && configs[$0] != nil }) else {
            return
        }
        for type in types where manifests[type] == nil || configs[type] == nil {
            manifests[type] = manifests[known]
            configs[type] = configs[known]
            overlayDirLayers[type] = overlayDirLayers[known]
            guard let layers = base?.manifests[type]?.layers, let diffIDs = base?.configs[type]?.rootfs.diffIDs,
                layers.count <= manifests[type]?.layers.count ?? 0, diffIDs.count == layers.count
            else { continue }
            manifests[type]?.layers.replaceSubrange(layers.indices, with: layers)
            configs[type]?.rootfs.diffIDs.replaceSubrange(diffIDs.indices, with: diffIDs)
        }
    }

    /// Adds an image of a further type, whose layers have their places in common with those of another type.
    package mutating func add(
        _ type: LayerType, _ manifest: ImageManifest, _ config: ImageConfig, madeOf other: ImageManifest
    ) {
        let places = overlayDirLayers.values.lazy.compactMap { layers -> [Int]? in
            let places = layers.compactMap { layer in other.layers.firstIndex { $0.digest == layer.digest } }
            return places.count == layers.count ? places : nil
        }.first
        manifests[type] = manifest
        configs[type] = config
        overlayDirLayers[type] = places?.map { manifest.layers[$0] }
    }
}
