import Layers
import OCI

/// What a layer of the recipe stands on: written beside its upperdir, read by the layers that build on it.
///
/// The names are those of the original's file, since people read it while they debug.
package struct OverlayMetadata: Sendable, Equatable, Codable {
    /// For each output type, the image so far: the base's layers, and this layer's own once it is encoded.
    package var manifests: [LayerType: ImageManifest] = [:]
    /// For each output type, the config of that image.
    package var configs: [LayerType: ImageConfig] = [:]
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

    package enum CodingKeys: String, CodingKey {
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

    /// Whether a build has written that layer, and not in this format.
    package func isWritten(_ layer: Descriptor, otherwiseThan format: LayerFormat) -> Bool {
        writtenAs?[layer.digest.hex].map { $0 != format.record } ?? false
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
