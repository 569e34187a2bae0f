import Layers
import OCI

/// The images that one tag has: one, or one for each platform, which an index lists.
///
/// [image-spec, image-index.md](https://github.com/opencontainers/image-spec/blob/main/image-index.md)
struct PlatformImages {
    /// The layers that they are images of, in the order in which their platforms were asked for.
    var layers: [String] = []
    /// The manifests that are there.
    var images: [String: [LayerType: Descriptor]] = [:]

    /// What the tag points to: the one image, or an index; nothing as long as an image is missing.
    func whole(_ types: [LayerType], by writer: LayoutWriter) throws -> [LayerType: Descriptor] {
        let known = layers.compactMap { images[$0] }
        guard known.count == layers.count else { return [:] }
        if let only = known.first, known.count == 1 { return only }
        var indexes: [LayerType: Descriptor] = [:]
        for type in types {
            let manifests = known.compactMap { $0[type] }
            guard manifests.count == known.count else { continue }
            let index = ImageIndex(
                manifests: try manifests.map { try $0.entry(for: writer.layout.image($0).config) })
            indexes[type] = try writer.put(JSON.encode(index), .index)
        }
        return indexes
    }
}
