/// One image: its config and its layers, bottom layer first.
///
/// [image-spec, manifest.md](https://github.com/opencontainers/image-spec/blob/main/manifest.md)
public struct ImageManifest: Sendable, Equatable, Codable {
    /// Always 2.
    public var schemaVersion = 2
    /// The manifest's own type, if it says so.
    public var mediaType: MediaType? = .manifest
    /// The image config.
    public var config: Descriptor
    /// The layers, bottom first.
    @NullAsEmpty public var layers: [Descriptor]
    /// Free-form annotations.
    public var annotations: [String: String]?

    /// Makes a manifest of its parts.
    public init(config: Descriptor, layers: [Descriptor], annotations: [String: String]? = nil) {
        self.config = config
        self.layers = layers
        self.annotations = annotations
    }

    /// All blobs that it names: the config, then the layers.
    public var blobs: [Descriptor] { [config] + layers }

    /// What each layer is uncompressed, by the digest of its blob. Of a blob that comes several times, the first counts.
    public func diffIDs(in config: ImageConfig) -> [Digest: Digest] {
        Dictionary(zip(layers.map(\.digest), config.rootfs.diffIDs)) { first, _ in first }
    }
}

/// A list of manifests: what `index.json` is, and what a tag of a multi-platform image points to.
///
/// [image-spec, image-index.md](https://github.com/opencontainers/image-spec/blob/main/image-index.md)
public struct ImageIndex: Sendable, Equatable, Codable {
    /// Always 2.
    public var schemaVersion = 2
    /// The index's own type, if it says so.
    public var mediaType: MediaType? = .index
    /// The manifests, in the order in which they were added.
    @NullAsEmpty public var manifests: [Descriptor]
    /// Free-form annotations.
    public var annotations: [String: String]?

    /// Makes an index of its parts.
    public init(manifests: [Descriptor] = []) {
        self.manifests = manifests
    }

    /// The entry with this tag. Where a tag was written twice the later one holds, as other tools have it.
    public func entry(tag: String) -> Descriptor? {
        manifests.last { $0.tag == tag }
    }

    /// The tags of all entries that have one, in order.
    public var tags: [String] { manifests.compactMap(\.tag) }

    /// Points `tag` at `descriptor`: an entry that has the tag keeps its place, a new one is appended.
    public mutating func setEntry(tag: String, to descriptor: Descriptor) {
        var entry = descriptor
        entry.tag = tag
        if let place = manifests.lastIndex(where: { $0.tag == tag }) {
            manifests[place] = entry
        } else {
            manifests.append(entry)
        }
    }
}

extension Descriptor {
    /// The tag of an index entry: the annotation `org.opencontainers.image.ref.name`.
    public var tag: String? {
        get { annotations?[Self.tagAnnotation] }
        set {
            var annotations = annotations ?? [:]
            annotations[Self.tagAnnotation] = newValue
            self.annotations = annotations.isEmpty ? nil : annotations
        }
    }

    private static let tagAnnotation = "org.opencontainers.image.ref.name"
}
