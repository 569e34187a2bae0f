import OCI

/// The form in which a layer leaves the build. What tells one from the others is in its ``row``.
package enum LayerType: String, Sendable, Hashable, Codable, CodingKeyRepresentable, CaseIterable {
    /// A tar archive, compressed.
    case tar
    /// A squashfs image.
    case squashfs
    /// An erofs image.
    case erofs
}

extension LayerType {
    /// The type in the table of types.
    var row: LayerTypeRow {
        switch self {
        case .tar:
            LayerTypeRow(tagSuffix: "", image: nil) { blobs, format, options in
                try TarSink(blobs: blobs, compression: format.compression, options: options)
            }
        case .squashfs:
            LayerTypeRow(
                tagSuffix: "-squashfs",
                image: .init(media: .squashfs, levels: .squashfs, reader: ImageReading(SquashfsStoredImage.self))
            ) { blobs, format, options in
                try SquashfsSink(blobs: blobs, verity: format.verity, level: format.level, options: options)
            }
        case .erofs:
            LayerTypeRow(
                tagSuffix: "-erofs",
                image: .init(media: .erofs, levels: .erofs, reader: ImageReading(ErofsStoredImage.self))
            ) { blobs, format, options in
                try ErofsSink(blobs: blobs, verity: format.verity, level: format.level, options: options)
            }
        }
    }

    /// The tag under which a layer's image of this type stands in the output layout.
    package func tag(for layer: String) -> String { layer + row.tagSuffix }

    /// Whether a layer of this type is an image of a file system, and no archive.
    package var isImage: Bool { row.image != nil }

    /// Whether a dm-verity tree can follow such a layer.
    package var hasVerity: Bool { isImage }

    /// How hard such an image can be compressed; `nil` for an archive, where whatever compresses it says so.
    package var levels: CompressionLevels? { row.image?.levels }

    /// Whether a layer blob of this media type is one of this type. What is no image is an archive.
    package func describes(_ mediaType: MediaType) -> Bool {
        guard let image = row.image else {
            return !Self.allCases.contains { $0.isImage && $0.describes(mediaType) }
        }
        return image.media.covers(mediaType)
    }
}

/// What there is to know of a type of layers.
struct LayerTypeRow {
    /// What the tag of an image with such layers has behind the layer's name.
    let tagSuffix: String
    /// What an image of a file system has; `nil` for an archive.
    let image: Image?
    /// Makes what writes such a layer.
    let makeSink: (any BlobDestination, LayerFormat, EncodeOptions) throws -> any LayerSink

    struct Image {
        /// What the blobs are called, and how they begin.
        var media: FileSystemMedia
        var levels: CompressionLevels
        var reader: ImageReading
    }
}

extension MediaType {
    /// What reads a layer of this type, if it is an image of a file system; `nil` for whatever else it is called.
    var imageReader: ImageReading? {
        LayerType.allCases.lazy.compactMap(\.row.image).first { $0.media.types.contains(self) }?.reader
    }

    /// Whether a layer of this type is an image of a file system, and no archive.
    package var isImage: Bool { imageReader != nil }

    /// The kernel's name for the file system that a layer of this type is an image of; `nil` for an archive.
    package var fileSystem: String? { imageReader?.fileSystem }
}

extension [LayerType] {
    /// Each type once, at its first place: an image has no layer twice because somebody asked twice.
    package var unique: [LayerType] { reduce(into: []) { if !$0.contains($1) { $0.append($1) } } }
}
