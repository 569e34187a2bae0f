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
    /// Where else the blob may be fetched; a foreign layer has no other place.
    public var urls: [String]?
    /// The blob itself in base64, if it is small and somebody embedded it.
    public var data: String?
    /// In an index: what an artifact is.
    public var artifactType: String?

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

extension Sequence where Element == Descriptor {
    /// Each blob once, where it comes first: an image may have the same layer several times.
    public func eachOnce() -> [Descriptor] {
        var seen: Set<Digest> = []
        return filter { seen.insert($0.digest).inserted }
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
    /// For Windows.
    public var osVersion: String?
    /// For Windows.
    public var osFeatures: [String]?

    /// Makes a platform of its parts.
    public init(os: String, architecture: String, variant: String? = nil) {
        self.os = os
        self.architecture = architecture
        self.variant = variant
    }

    enum CodingKeys: String, CodingKey {
        case os, architecture, variant
        case osVersion = "os.version"
        case osFeatures = "os.features"
    }
}

extension Platform {
    /// Go's name of the processor that this program was built for.
    public static var hostArchitecture: String {
        #if arch(x86_64)
            "amd64"
        #elseif arch(arm64)
            "arm64"
        #elseif arch(powerpc64le)
            "ppc64le"
        #elseif arch(s390x)
            "s390x"
        #elseif arch(riscv64)
            "riscv64"
        #elseif arch(i386)
            "386"
        #else
            "arm"
        #endif
    }
}
