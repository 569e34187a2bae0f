import Layers
import OCI

/// What there is to an image beside who made it, when, and of which text.
struct ImageContent: Encodable {
    private var layers: [Digest]
    private var config: ImageConfig
    private var annotations: [String: String]

    private init(_ image: Image, without namespace: String) {
        layers = image.layers.map(\.digest)
        config = image.config
        config.created = nil
        config.author = nil
        config.history = nil
        let made = ["stacker_yaml", "stacker_version", "git_version"].map { "\(namespace).stacker.\($0)" }
        annotations = (image.manifest.annotations ?? [:]).filter { !made.contains($0.key) }
    }

    /// One digest for the images of a layer.
    ///
    /// - Returns: `nil` if one of the types is missing.
    static func digest(
        of manifests: [LayerType: Descriptor], _ types: [LayerType], in layout: Layout,
        annotationsNamespace namespace: String
    ) throws -> Digest? {
        var contents: [String: ImageContent] = [:]
        for type in types {
            guard let output = manifests[type] else { return nil }
            contents[type.rawValue] = ImageContent(try layout.image(output), without: namespace)
        }
        return Digest(of: try JSON.encode(contents))
    }
}
