import Failure
import Layers
import SystemPackage

/// The directories that are put together for a layer, top first.
package struct LayerStack: Sendable {
    /// What is below the upperdir, for who reads it as overlayfs does.
    package let lowerdirs: [FilePath]

    /// The kernel's bound: OVL_MAX_STACK in fs/overlayfs/params.h.
    package static let limit = 500

    /// The stack below the upperdir of a layer: its own overlay dirs, over the upperdirs of build_only layers, over the
    /// layers of the image so far.
    ///
    /// - Parameter overlayDirectories: the layer's own overlay dirs, bottom first.
    /// - Throws: a failure if the kernel would refuse the stack. One place is kept for what the mounts of a run need.
    package init(
        _ metadata: OverlayMetadata, _ type: LayerType, _ roots: RootsDirectory, overlayDirectories: [FilePath] = []
    ) throws {
        try self.init(overlayDirectories.reversed() + Self.directories(metadata, type, roots))
    }

    /// A stack of these directories, top first.
    package init(_ lowerdirs: [FilePath]) throws {
        self.lowerdirs = lowerdirs
        let count = lowerdirs.count { !Restored.has($0) }
        guard count < Self.limit else {
            throw Failure(
                "couldn't stack \(count) layers: overlayfs takes \(Self.limit) lowerdirs, one of which stacker needs",
                help: "squash the base image, or put the commands of several layers into one run:")
        }
    }

    /// The directories of the image so far and of the build_only layers on it, top first. A build_only layer has its
    /// overlay dirs right below its upperdir.
    package static func directories(
        _ metadata: OverlayMetadata, _ type: LayerType, _ roots: RootsDirectory
    ) throws -> [FilePath] {
        let layers = metadata.images[type]?.layers ?? []
        let image = try zip(layers, roots.contents(of: layers)).flatMap { blob, content in
            (content ?? [roots.contentPath(of: blob.digest)]).reversed()
        }
        let built = try metadata.builtLayers.flatMap { name in
            let layer = roots.layer(name)
            let own = try layer.metadata()?.overlayDirectories ?? []
            return own.map { layer.overlayDirectory($0.name) } + [layer.upperdir]
        }
        // The kernel refuses a directory that it has already; all that a lower one could give, its twin above gives.
        var seen: Set<FilePath> = []
        return (image + built).reversed().filter { seen.insert($0).inserted }
    }
}
