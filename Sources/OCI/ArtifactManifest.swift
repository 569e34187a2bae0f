/// Something that a registry keeps as it keeps images, and that is none: a manifest whose `artifactType` says what.
///
/// [image-spec, manifest.md, "Guidelines for Artifact Usage"](https://github.com/opencontainers/image-spec/blob/main/manifest.md#guidelines-for-artifact-usage)
package struct ArtifactManifest: Sendable, Equatable, Codable {
    /// Always 2.
    package var schemaVersion = 2
    /// The manifest's own type, if it says so.
    package var mediaType: MediaType? = .manifest
    /// What it is.
    package var artifactType: MediaType?
    /// What says how the blobs are to be understood.
    package var config: Descriptor
    /// The blobs.
    @NullAsEmpty package var layers: [Descriptor]
    /// What else is said of it.
    package var annotations: [String: String]?

    /// Makes a manifest of its parts.
    package init(_ artifactType: MediaType, config: Descriptor, layers: [Descriptor]) {
        self.artifactType = artifactType
        self.config = config
        self.layers = layers
    }
}
