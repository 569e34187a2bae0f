/// A reference to a blob: what it is, which, and how long.
///
/// [image-spec, descriptor.md](https://github.com/opencontainers/image-spec/blob/main/descriptor.md)
public struct Descriptor: Sendable, Hashable, Codable {
    /// What the blob is.
    public var mediaType: MediaType
    /// The blob's digest.
    public var digest: Digest
    /// The blob's length in bytes.
    public var size: Int64
    /// Free-form annotations; in an index, `org.opencontainers.image.ref.name` is the tag.
    public var annotations: [String: String]?
    /// In an index: for which platform the manifest is.
    public var platform: Platform?

    /// Makes a reference of its parts.
    public init(
        mediaType: MediaType, digest: Digest, size: Int64, annotations: [String: String]? = nil,
        platform: Platform? = nil
    ) {
        self.mediaType = mediaType
        self.digest = digest
        self.size = size
        self.annotations = annotations
        self.platform = platform
    }
}

/// For which machine an image is, in Go's names: `linux`, `amd64`.
public struct Platform: Sendable, Hashable, Codable {
    /// `linux`, …
    public var os: String
    /// `amd64`, `arm64`, …
    public var architecture: String
    /// `v7`, …
    public var variant: String?

    /// Makes a platform of its parts.
    public init(os: String, architecture: String, variant: String? = nil) {
        self.os = os
        self.architecture = architecture
        self.variant = variant
    }
}
