import Failure
import Layers
import OCI
import Registry

extension SharedEntry {
    /// What the entry says of its layer.
    ///
    /// - Parameter writer: of a layout that is there for this alone.
    func record(through writer: LayoutWriter) throws -> SharedRecord {
        let config = try manifest.config.short()
        try pull.fetch([config], into: writer)
        let bytes = try writer.layout.read(config)
        return try attempt("couldn't understand the entry") { try SharedRecord(bytes) }
    }

    /// Refuses images that are not what the entry says that they are: what stands on the layer is known by that.
    func refuseOtherContent(
        _ manifests: [LayerType: Descriptor], _ request: BuildRequest, in layout: Layout
    ) throws {
        let content = try ImageContent.digest(
            of: manifests, request.layerTypes, in: layout, annotationsNamespace: request.annotationsNamespace)
        guard let content, content == identity else {
            let found = content.map { "\($0), and " } ?? ""
            throw Failure("its images are \(found)not what it says that they are")
        }
    }

    /// Gets what an image of the entry is: its manifest and its config, and none of its layers.
    func image(
        of type: LayerType, in record: SharedRecord, into writer: LayoutWriter
    ) throws -> (descriptor: Descriptor, image: Image) {
        guard let named = record.images?[type] else { throw Failure("the entry has no \(type) image") }
        let descriptor = try Descriptor(mediaType: .manifest, digest: named.digest, size: named.size).short()
        let layout = writer.layout
        try pull.fetch([descriptor], into: writer)
        let manifest = try layout.manifest(descriptor)
        guard try manifest.converted() == manifest, manifest.layers.allSatisfy({ type.describes($0.mediaType) }) else {
            throw Failure("image \(descriptor.digest) of the entry is none of type \(type)")
        }
        try pull.fetch([manifest.config.short()], into: writer)
        let config = try layout.config(manifest)
        guard config.rootfs.diffIDs.count == manifest.layers.count else {
            throw Failure(
                "image \(descriptor.digest) of the entry has \(manifest.layers.count) layers, "
                    + "its config \(config.rootfs.diffIDs.count)")
        }
        return (descriptor, Image(manifest, config))
    }
}
