/// An image as it is worked with: what its manifest says, and its config.
package struct Image: Sendable, Equatable {
    /// Which layers it has, and what is said of it.
    package var manifest: ImageManifest
    /// How it is run, and what its layers are unpacked.
    package var config: ImageConfig

    /// Puts a manifest and its config together.
    package init(_ manifest: ImageManifest, _ config: ImageConfig) {
        self.manifest = manifest
        self.config = config
    }

    /// An image without layers, which is in no layout.
    package init(empty platform: Platform) {
        config = ImageConfig(platform: platform)
        manifest = ImageManifest(config: .unwrittenConfig, layers: [])
    }

    /// The blobs of its layers, bottom first.
    package var layers: [Descriptor] { manifest.layers }

    /// What each layer is uncompressed, by the digest of its blob. Of a blob that comes several times, the first counts.
    package var diffIDs: [Digest: Digest] {
        Dictionary(zip(layers.map(\.digest), config.rootfs.diffIDs)) { first, _ in first }
    }
}

extension Layout {
    /// The image of a manifest that is there.
    package func image(_ descriptor: Descriptor) throws -> Image {
        let manifest = try manifest(descriptor)
        return Image(manifest, try config(manifest))
    }
}

extension Descriptor {
    /// Stands for a config that is in no layout yet.
    package static let unwrittenConfig = Descriptor(mediaType: .config, digest: Digest(of: []), size: 0)
}
