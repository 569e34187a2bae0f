import Failure
import OCI
import SystemPackage

/// The directories that overlayfs puts together for a layer, top first.
struct LayerStack: Sendable {
    /// What is below the upperdir.
    let lowerdirs: [FilePath]

    /// The kernel's bound: OVL_MAX_STACK in fs/overlayfs/params.h.
    static let limit = 500

    /// The stack below the upperdir of a layer: upperdirs of build_only layers over the layers of the image so far.
    ///
    /// - Throws: a failure if the kernel would refuse the stack. One place is kept for what the mounts of a run need.
    init(_ metadata: OverlayMetadata, _ type: LayerType, _ roots: RootsDirectory) throws {
        let image = metadata.manifests[type]?.layers.map { roots.contentPath(of: $0.digest) } ?? []
        let built = metadata.builtLayers.map { roots.layer($0).upper }
        // The kernel refuses a directory that it has already; all that a lower one could give, its twin above gives.
        var seen: Set<FilePath> = []
        lowerdirs = (image + built).reversed().filter { seen.insert($0).inserted }
        guard lowerdirs.count < Self.limit else {
            throw Failure(
                "couldn't stack \(lowerdirs.count) layers: overlayfs takes \(Self.limit) lowerdirs, one of which stacker needs",
                help: "squash the base image, or put the commands of several layers into one run:")
        }
    }
}
