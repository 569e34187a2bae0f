/// A reference to a blob: what it is, which, and how long.
///
/// [image-spec, descriptor.md](https://github.com/opencontainers/image-spec/blob/main/descriptor.md)
package struct Descriptor: Sendable, Hashable {
    /// What the blob is; empty where whoever wrote it does not say.
    package var mediaType: MediaType
    /// The blob's digest.
    package var digest: Digest
    /// The blob's length in bytes.
    package var size: Int64
    /// Free-form annotations; in an index, `org.opencontainers.image.ref.name` is the tag.
    package var annotations: [String: String]?
    /// In an index: for which platform the manifest is.
    package var platform: Platform?
    /// `urls`, `data`, `artifactType` and what else there may be.
    package var others = OtherMembers()

    /// Makes a reference of its parts.
    package init(
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

extension Descriptor: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case mediaType, digest, size, annotations, platform
    }

    /// Reads a descriptor.
    package init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        mediaType = try members.decodeIfPresent(MediaType.self, forKey: .mediaType) ?? .unknown
        digest = try members.decode(Digest.self, forKey: .digest)
        size = try members.decode(Int64.self, forKey: .size)
        annotations = try members.decodeIfPresent([String: String].self, forKey: .annotations)
        platform = try members.decodeIfPresent(Platform.self, forKey: .platform)
        others = try OtherMembers(of: decoder, besides: CodingKeys.self)
    }

    /// Writes it.
    package func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: CodingKeys.self)
        if mediaType != .unknown { try members.encode(mediaType, forKey: .mediaType) }
        try members.encode(digest, forKey: .digest)
        try members.encode(size, forKey: .size)
        try members.encodeIfPresent(annotations, forKey: .annotations)
        try members.encodeIfPresent(platform, forKey: .platform)
        try others.encode(to: encoder)
    }
}

extension Sequence where Element == Descriptor {
    /// Each blob once, where it comes first: an image may have the same layer several times.
    package func eachOnce() -> [Descriptor] {
        var seen: Set<Digest> = []
        return filter { seen.insert($0.digest).inserted }
    }
}
