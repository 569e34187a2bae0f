import Layers
import OCI

/// What comes out of the build of a layer.
struct LayerOutcome {
    /// The manifest of each type; none if the layer is build_only.
    var manifests: [LayerType: Descriptor] = [:]
    /// The images of these manifests.
    var images: [LayerType: Image] = [:]
    /// The metadata of the layer's storage.
    var metadata: Digest
}
