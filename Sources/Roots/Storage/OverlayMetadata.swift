import Failure
import Layers
import OCI

/// What a layer of the recipe stands on: written beside its upperdir, read by the layers that build on it.
///
/// The names are those of the original's file, since people read it while they debug.
package struct OverlayMetadata: Sendable, Equatable {
    /// For each output type, the image so far: the base's layers, and this layer's own once it is encoded.
    package var images: [LayerType: Image] = [:]
    /// Layers below this one whose upperdirs are not encoded yet, bottom first: a chain of build_only layers.
    package var builtLayers: [String] = []
    /// How many of each image's layers, from the top, are what build_only layers below this one were encoded as, for
    /// another image: there may be nothing but build_only layers above them.
    package var buildOnlyLayers: Int?
    /// How those of the layers that a build has written were written, by the digits of their digests: an image that is
    /// written another way can't have them. Nothing is known of layers of a base, which stay as they came, and of older
    /// builds.
    package var writtenAs: [String: String]?
    /// The layout that the lowest layers came from, absolute: as long as there are build_only layers on them, their blobs
    /// are nowhere else.
    package var baseLayout: String?
    /// Whether this layer's own upperdir is encoded, and so is the last layer of each manifest.
    package var hasBuiltOCIOutput = false
    /// For each output type, the layers made of overlay_dirs, bottom first.
    package var overlayDirLayers: [LayerType: [Descriptor]] = [:]
    /// The layer's own overlay dirs, bottom first, encoded or not.
    package var overlayDirectories: [OverlayDirectoryCopy] = []

    /// Nothing is known yet.
    package init() {}

    /// What a base is to a layer on it: one image, whatever type is asked for.
    package init(_ image: Image, _ types: [LayerType]) {
        for type in types { images[type] = image }
    }

    /// One of the images: all have the same content, whatever type their layers are.
    package var anyImage: Image? { LayerType.allCases.lazy.compactMap { images[$0] }.first }

    /// Whether a build has written that layer, and not in this format.
    package func isWritten(_ layer: Descriptor, otherwiseThan format: LayerFormat) -> Bool {
        writtenAs?[layer.digest.hex].map { $0 != format.record } ?? false
    }
}

extension OverlayMetadata: Codable {
    // In the file, manifests and configs stand apart.
    private enum CodingKeys: String, CodingKey {
        case manifests = "Manifests"
        case configs = "Configs"
        case builtLayers = "BuiltLayers"
        case buildOnlyLayers = "BuildOnlyLayers"
        case writtenAs = "WrittenAs"
        case baseLayout = "BaseLayout"
        case hasBuiltOCIOutput = "HasBuiltOCIOutput"
        case overlayDirLayers = "OverlayDirLayers"
        case overlayDirectories = "OverlayDirs"
    }

    package init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        let configs = try members.decode([LayerType: ImageConfig].self, forKey: .configs)
        let manifests = try members.decode([LayerType: ImageManifest].self, forKey: .manifests)
        for type in Set(manifests.keys).union(configs.keys) {
            guard let manifest = manifests[type], let config = configs[type] else {
                throw Failure("of the \(type) image there is only the \(configs[type] == nil ? "manifest" : "config")")
            }
            images[type] = Image(manifest, config)
        }
        builtLayers = try members.decode([String].self, forKey: .builtLayers)
        buildOnlyLayers = try members.decodeIfPresent(Int.self, forKey: .buildOnlyLayers)
        writtenAs = try members.decodeIfPresent([String: String].self, forKey: .writtenAs)
        baseLayout = try members.decodeIfPresent(String.self, forKey: .baseLayout)
        hasBuiltOCIOutput = try members.decode(Bool.self, forKey: .hasBuiltOCIOutput)
        overlayDirLayers = try members.decode([LayerType: [Descriptor]].self, forKey: .overlayDirLayers)
        overlayDirectories = try members.decode([OverlayDirectoryCopy].self, forKey: .overlayDirectories)
    }

    package func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: CodingKeys.self)
        try members.encode(images.mapValues(\.manifest), forKey: .manifests)
        try members.encode(images.mapValues(\.config), forKey: .configs)
        try members.encode(builtLayers, forKey: .builtLayers)
        try members.encodeIfPresent(buildOnlyLayers, forKey: .buildOnlyLayers)
        try members.encodeIfPresent(writtenAs, forKey: .writtenAs)
        try members.encodeIfPresent(baseLayout, forKey: .baseLayout)
        try members.encode(hasBuiltOCIOutput, forKey: .hasBuiltOCIOutput)
        try members.encode(overlayDirLayers, forKey: .overlayDirLayers)
        try members.encode(overlayDirectories, forKey: .overlayDirectories)
    }
}

/// A directory tree that becomes a layer of its own, between the base and what `run:` changes: the copy of an overlay
/// dir, or of an import with a `dest`.
package struct OverlayDirectoryCopy: Sendable, Hashable, Codable {
    /// The name under `overlay_dirs/` of the layer's storage.
    package var name: String
    /// Where in it the copied directory is: its `dest`, symlinks in the base followed, relative to the root.
    package var destination: String

    /// Names a copy.
    package init(name: String, destination: String) {
        self.name = name
        self.destination = destination
    }
}
