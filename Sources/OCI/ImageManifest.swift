/// One image: its config and its layers, bottom layer first.
///
/// [image-spec, manifest.md](https://github.com/opencontainers/image-spec/blob/main/manifest.md)
package struct ImageManifest: Sendable, Equatable {
    /// Always 2.
    package var schemaVersion = 2
    /// The manifest's own type, if it says so.
    package var mediaType: MediaType? = .manifest
    /// The image config.
    package var config: Descriptor
    /// The layers, bottom first.
    package var layers: [Descriptor]
    /// Free-form annotations.
    package var annotations: [String: String]?
    /// `subject`, `artifactType` and what else there may be.
    package var others = OtherMembers()

    /// Makes a manifest of its parts.
    package init(config: Descriptor, layers: [Descriptor], annotations: [String: String]? = nil) {
        self.config = config
        self.layers = layers
        self.annotations = annotations
    }

    /// All blobs that it names: the config, then the layers.
    package var blobs: [Descriptor] { [config] + layers }
}

extension ImageManifest: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case schemaVersion, mediaType, config, layers, annotations
    }

    /// Reads a manifest.
    package init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        schemaVersion = try members.decode(Int.self, forKey: .schemaVersion)
        mediaType = try members.decodeIfPresent(MediaType.self, forKey: .mediaType)
        config = try members.decode(Descriptor.self, forKey: .config)
        layers = try members.decodeIfPresent([Descriptor].self, forKey: .layers) ?? []
        annotations = try members.decodeIfPresent([String: String].self, forKey: .annotations)
        others = try OtherMembers(of: decoder, besides: CodingKeys.self)
    }

    /// Writes it.
    package func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: CodingKeys.self)
        try members.encode(schemaVersion, forKey: .schemaVersion)
        try members.encodeIfPresent(mediaType, forKey: .mediaType)
        try members.encode(config, forKey: .config)
        try members.encode(layers, forKey: .layers)
        try members.encodeIfPresent(annotations, forKey: .annotations)
        try others.encode(to: encoder)
    }
}
