import OCI

/// How the bytes of a tar layer are stored.
package enum Compression: Sendable, Hashable {
    /// gzip members of a mebibyte each, which any gzip decoder reads as one stream. See ``CompressionLevels/gzip``.
    case gzip(level: Int = CompressionLevels.gzip.standard)
    /// zstd frames of four mebibytes each. See ``CompressionLevels/zstd``.
    case zstd(level: Int = CompressionLevels.zstd.standard)
    /// The tar as it is.
    case none

    /// The media type of a tar layer that is stored so.
    ///
    /// [image-spec, layer.md](https://github.com/opencontainers/image-spec/blob/main/layer.md)
    package var tarMediaType: MediaType {
        switch self {
        case .gzip: .tarGzip
        case .zstd: .tarZstd
        case .none: .tar
        }
    }

    /// All that decides how a tar is compressed, for what is remembered under it.
    package var record: String {
        switch self {
        case .gzip(let level): "gzip(level: \(level))"
        case .zstd(let level): "zstd(level: \(level))"
        case .none: "none"
        }
    }
}
