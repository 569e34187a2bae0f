import Layers
import OCI

/// What there is to an image beside who made it, when, and of which text.
struct ImageContent: Encodable {
    private var layers: [Digest]
    private var config: ImageConfig
    private var annotations: [String: String]

    private init(_ manifest: ImageManifest, _ config: ImageConfig, without namespace: String) {
        layers = manifest.layers.map(\.digest)
        self.config = config
        self.config.created = nil
        self.config.author = nil
        self.config.history = nil
        annotations = (manifest.annotations ?? [:]).filter { !$0.key.hasPrefix("\(namespace).stacker.") }
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
            let manifest = try layout.manifest(output)
            contents[type.rawValue] = ImageContent(manifest, try layout.config(manifest), without: namespace)
        }
        return Digest(of: try JSON.encode(contents))
    }
}
