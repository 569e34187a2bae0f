import OCI
import OrderedCollections

/// The form in which a layer leaves the build.
package enum LayerType: String, Sendable, Hashable, Codable, CodingKeyRepresentable, CaseIterable {
    /// A tar archive, compressed.
    case tar
    /// A squashfs image.
    case squashfs
    /// An erofs image.
    case erofs

    /// The tag under which a layer's image of this type stands in the output layout.
    package func tag(for layer: String) -> String {
        switch self {
        case .tar: layer
        case .squashfs, .erofs: "\(layer)-\(rawValue)"
        }
    }

    /// Whether a dm-verity tree can follow such a layer.
    package var hasVerity: Bool { self != .tar }

    /// Whether a layer blob of this media type is one of this type.
    package func describes(_ mediaType: MediaType) -> Bool {
        switch self {
        case .squashfs: mediaType.rawValue.hasPrefix(MediaType.squashfs.rawValue)
        case .erofs: mediaType == .erofs
        case .tar: ![LayerType.squashfs, .erofs].contains { $0.describes(mediaType) }
        }
    }
}

extension [LayerType] {
    /// Each type once, at its first place: an image has no layer twice because somebody asked twice.
    package var unique: [LayerType] { Array(OrderedSet(self)) }
}

extension LayoutWriter {
    /// Points the tags of a layer at its images; new ones come in the order of these types.
    package func tag(_ images: [LayerType: Descriptor], of layer: String, _ types: [LayerType]) throws {
        try setEntries(types.compactMap { type in images[type].map { (type.tag(for: layer), $0) } })
    }
}
