import Failure
import Layers
import OCI
import Roots

extension LayerBuild {
    /// Makes images of further types of a layer that is built, or sees that a build_only layer can be in such an image. No
    /// script is run.
    ///
    /// - Parameter entry: what the cache knows of the layer.
    /// - Returns: the manifest of each of these types; none for a build_only layer.
    func add(_ types: [LayerType], to entry: BuildCache.Entry) throws -> [LayerType: Descriptor] {
        let storage = roots.layer(layer.definition.name)
        if layer.definition.isBuildOnly {
            try storage.add(types)
            return [:]
        }
        if try storage.isGone || entry.isOutdated(storage) { try restoreStorage(entry) }
        let writer = try output.writer()
        let layout = writer.layout
        let known = try (request.layerTypes + LayerType.allCases).lazy.compactMap { entry.manifests[$0] }
            .first { try layout.holdsImage($0) }
        guard let known else { throw Failure("layer \(storage.name) has no image") }
        let image = try layout.image(known)
        let name = layer.definition.name
        let base = try timeline.measure(layer.base.bringing, of: name) {
            try bases.bring(layer.base, layer.definition.platform)
        }
        let further = FurtherTypes(
            image: image, base: collapses(base) ? base.metadata.withoutBuildOnly() : base.metadata,
            source: base.source,
            conversion: LayerConversion(context: context, writer: writer, options: encodeOptions()),
            topSpeaksOfRoot: base.isBuildOnly && !collapses(base) && layer.definition.run != nil)
        return try DiskSpace.blaming(directories.ociPlace, directories.rootsPlace) {
            try timeline.measure(.unpack, of: name) {
                try bases.unpacker.unpack(image, from: [base.source, layout].compactMap(\.self))
            }
            var manifests: [LayerType: Descriptor] = [:]
            var metadata = try storage.metadata() ?? OverlayMetadata()
            for type in types {
                let (other, descriptor) = try timeline.measure(.pack, of: name, type.rawValue) {
                    try further.draft(type, as: request.format(of: type)).write(by: writer)
                }
                manifests[type] = descriptor
                metadata.add(type, other, madeOf: image)
            }
            try storage.write(metadata)
            return manifests
        }
    }

    /// Makes the storage of a layer anew of its images in the output layout: whoever looks into the layer finds what was
    /// built. Its base is not asked for, and no script is run.
    ///
    /// - Parameter entry: what the cache knows of the layer, which has an image.
    func restoreStorage(_ entry: BuildCache.Entry) throws {
        let layout = try output.writer().layout
        var metadata = OverlayMetadata()
        metadata.hasBuiltOCIOutput = true
        for (type, descriptor) in entry.manifests where try layout.holdsImage(descriptor) {
            metadata.images[type] = try layout.image(descriptor)
        }
        guard let image = metadata.anyImage else { throw Failure("layer \(layer.definition.name) has no image") }
        let storage = roots.layer(layer.definition.name)
        try DiskSpace.blaming(directories.rootsPlace) {
            try timeline.measure(.unpack, of: storage.name) { try bases.unpacker.unpack(image, from: [layout]) }
            try storage.reset(for: entry.storage)
            // Last: a storage with metadata is complete.
            try storage.write(metadata)
        }
    }
}
