import OCI
import Roots

/// What a layer's build starts from: the outcome of its `from:`.
struct BuildBase: Sendable {
    /// The images so far and the upperdirs below this layer that are not encoded yet.
    var metadata: OverlayMetadata
    /// Where the blobs of those images are, beside the output layout.
    var source: Layout?
    /// What of an image of a registry is not there yet.
    var missing: RegistryBases.Missing?
    /// Keeps other stackers from removing blobs of that layout as long as the base is used. Not any longer: what the build
    /// itself no longer needs it removes at its end, and the layout may be the output layout.
    var use: LayoutLock?
    /// An archive whose content is the beginning of the layer's own upperdir.
    var archive: BaseArchive?
    /// Whether it is a build_only layer.
    var isBuildOnly = false
}

extension BuildBase {
    /// The variables of the image that the layer is built on.
    var environment: [String] { metadata.anyImage?.config.config?.env ?? [] }
}
