/// A media type: one of those we know, or another's.
package struct MediaType: Sendable, Hashable, RawRepresentable, Codable, CustomStringConvertible {
    /// The text as it stands in a descriptor.
    package let rawValue: String

    /// Takes any text; an unknown type only fails where it must be understood.
    package init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// The text as it stands in a descriptor.
    package var description: String { rawValue }

    /// Where a descriptor, or an answer of a server, does not say.
    package static let unknown = MediaType(rawValue: "")

    /// As it may stand in a message, whoever wrote it.
    var shown: String {
        String(
            String.UnicodeScalarView(rawValue.unicodeScalars.prefix(200).filter { (0x21...0x7e).contains($0.value) }))
    }

    /// What something of this type is, for a message: `of type application/json`.
    package var inWords: String { self == .unknown ? "without a media type" : "of type \(shown)" }

    /// [image-spec, media-types.md](https://github.com/opencontainers/image-spec/blob/main/media-types.md)
    package static let index = MediaType(rawValue: "application/vnd.oci.image.index.v1+json")
    /// An image manifest.
    package static let manifest = MediaType(rawValue: "application/vnd.oci.image.manifest.v1+json")
    /// An image config.
    package static let config = MediaType(rawValue: "application/vnd.oci.image.config.v1+json")
    /// An uncompressed tar layer.
    package static let tar = MediaType(rawValue: "application/vnd.oci.image.layer.v1.tar")
    /// A gzip-compressed tar layer.
    package static let tarGzip = MediaType(rawValue: "application/vnd.oci.image.layer.v1.tar+gzip")
    /// A zstd-compressed tar layer.
    package static let tarZstd = MediaType(rawValue: "application/vnd.oci.image.layer.v1.tar+zstd")
    /// A squashfs layer, zstd inside.
    package static let squashfsZstd = MediaType(rawValue: "application/vnd.stacker.image.layer.squashfs+zstd")
    /// A squashfs layer, gzip inside.
    package static let squashfsGzip = MediaType(rawValue: "application/vnd.stacker.image.layer.squashfs+gzip")
    /// A squashfs layer that does not say how it is compressed.
    package static let squashfs = MediaType(rawValue: "application/vnd.stacker.image.layer.squashfs")
    /// An erofs layer, lz4hc inside.
    package static let erofs = MediaType(rawValue: "application/vnd.stacker.image.layer.erofs+lz4hc")
}
