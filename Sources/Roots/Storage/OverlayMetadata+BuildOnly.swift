import Layers
import OCI

// What build_only layers are to what stands on them: upperdirs that are not encoded, until an image wants them as layers.
extension OverlayMetadata {
    /// What a layer starts from that is built on this one.
    ///
    /// - Parameter name: this layer.
    package func below(_ name: String) -> OverlayMetadata {
        var start = self
        if !hasBuiltOCIOutput { start.builtLayers.append(name) }
        start.hasBuiltOCIOutput = false
        start.overlayDirectories = []
        start.overlayDirLayers = [:]
        return start
    }

    /// The same without the build_only layers that the images end with.
    package func withoutBuildOnly() -> OverlayMetadata {
        var below = self
        let count = buildOnlyLayers ?? 0
        for (type, image) in images {
            below.images[type]?.manifest.layers = image.layers.dropLast(count)
            below.images[type]?.config.rootfs.diffIDs = image.config.rootfs.diffIDs.dropLast(count)
            // Nothing but layers was added to the history on the way.
            below.images[type]?.config.history = image.config.history?.dropLast(count)
        }
        below.builtLayers = []
        below.buildOnlyLayers = nil
        return below
    }

    /// The same, where a build_only layer below has been encoded meanwhile, for an image on it: what was its upperdir is
    /// a layer now.
    func settled(in roots: RootsDirectory) throws -> OverlayMetadata {
        // As they were written: an encoded one stands on nothing that is not, and each of the others would look at all
        // below it once more.
        let below = try builtLayers.map { try roots.layer($0).writtenMetadata() }
        guard let place = below.lastIndex(where: { $0?.hasBuiltOCIOutput == true }), let encoded = below[place] else {
            return self
        }
        var settled = self
        settled.images = images.filter { encoded.images[$0.key] != nil }
        for (type, image) in encoded.images { settled.images[type]?.take(layersOf: image) }
        settled.builtLayers.removeFirst(place + 1)
        settled.buildOnlyLayers = encoded.buildOnlyLayers
        settled.writtenAs = encoded.writtenAs
        return settled
    }

    /// Says that the build_only layer, and those below it, are layers of images now.
    ///
    /// - Parameters:
    ///   - images: the images so far, of the types that are wanted. One of another type, wanted later, has the layers
    ///     encoded once more.
    ///   - count: how many of their layers, from the top, are build_only ones.
    ///   - record: see ``writtenAs``.
    ///   - overlayDirectories: see ``overlayDirLayers``.
    package mutating func becameLayers(
        of images: [LayerType: Image], _ count: Int, writtenAs record: [String: String],
        overlayDirectories: [LayerType: [Descriptor]]
    ) {
        self.images = self.images.filter { images[$0.key] != nil }
        for (type, image) in images { self.images[type]?.take(layersOf: image) }
        buildOnlyLayers = count
        builtLayers = []
        writtenAs = record
        hasBuiltOCIOutput = true
        overlayDirLayers = overlayDirectories
    }

    /// Says that the layer is encoded, as the last one of these images, with all that was below it.
    ///
    /// - Parameter overlayDirectories: see ``overlayDirLayers``.
    package mutating func becameImages(
        _ images: [LayerType: Image], overlayDirectories: [LayerType: [Descriptor]]
    ) {
        self.images.merge(images) { $1 }
        builtLayers = []
        buildOnlyLayers = nil
        writtenAs = nil
        hasBuiltOCIOutput = true
        overlayDirLayers = overlayDirectories
    }
}

extension Image {
    /// Takes the layers of another image, and what is said of them, and keeps what it says itself.
    fileprivate mutating func take(layersOf other: Image) {
        manifest.layers = other.layers
        config.rootfs = other.config.rootfs
        config.history = other.config.history
    }
}
