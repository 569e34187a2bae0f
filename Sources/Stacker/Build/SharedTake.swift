import Failure
import FileTree
import Layers
import OCI
import Registry
import Roots
import SystemPackage

/// Takes one layer from a shared cache and puts it where a build would have put it.
struct SharedTake {
    let build: LayerBuild
    let inputs: LayerInputs
    let key: Digest
    let pull: ArtifactPull

    private var name: String { build.layer.definition.name }

    /// - Returns: `nil` if there is no entry.
    func run() throws -> BuildCache.Entry? {
        guard let found = try pull.find() else { return nil }
        guard found.manifest.artifactType == SharedRecord.artifactType else {
            throw Failure("what is there is no layer that a stacker has shared")
        }
        let staging = try LayoutWriter(
            openingOrCreating: build.context.directories.stacker.pushing(SharedDraft.layoutName))
        defer { try? Directory(at: build.context.directories.stacker).removeTree(SharedDraft.layoutName) }
        let config = try found.manifest.config.short()
        try pull.fetch([config], into: staging)
        let bytes = try staging.layout.read(config)
        let record = try attempt("couldn't understand the entry") { try SharedRecord(bytes, key: key) }
        var entry: BuildCache.Entry
        if build.layer.definition.isBuildOnly {
            try takeDirectories(record, through: staging)
            entry = BuildCache.Entry(inputs: inputs, manifests: [:])
            entry.shared = found.digest
        } else {
            entry = BuildCache.Entry(inputs: inputs, manifests: try takeImages(record))
        }
        return entry
    }

    // MARK: - Images

    private func takeImages(_ record: SharedRecord) throws -> [LayerType: Descriptor] {
        let writer = try build.output.writer()
        var metadata = OverlayMetadata()
        var manifests: [LayerType: Descriptor] = [:]
        for type in build.context.request.layerTypes {
            guard let named = record.images?[type] else { throw Failure("the entry has no \(type) image") }
            let descriptor = Descriptor(mediaType: .manifest, digest: named.digest, size: named.size)
            metadata.images[type] = try fetch(descriptor, type, into: writer)
            manifests[type] = descriptor
        }
        try pull.fetch(record.overlayDirectories.compactMap(\.blob?.descriptor), into: writer)
        try unpack(metadata, from: writer.layout)
        try store(record, metadata, manifests, by: writer)
        return manifests
    }

    /// Gets an image. Its blobs are taken from this machine's base images as far as they are there.
    private func fetch(_ descriptor: Descriptor, _ type: LayerType, into writer: LayoutWriter) throws -> Image {
        let layout = writer.layout
        try pull.fetch([descriptor.short()], into: writer)
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
        for layer in manifest.layers {
            // One that is damaged is fetched like one that is not there.
            for source in baseLayouts where try source.holds(layer) { try? writer.adopt(layer, from: source) }
        }
        try pull.fetch(manifest.layers, into: writer)
        return Image(manifest, config)
    }

    /// The layouts in which the lower layers probably are.
    private var baseLayouts: [Layout] {
        var paths = [RegistryBases.directory(in: build.context.directories.stacker)]
        if case .oci(let path, _) = build.layer.base { paths.append(path) }
        return paths.compactMap { try? Layout(at: $0) }
    }

    /// Unpacks the layers, which checks that they are what the config says.
    ///
    /// Each type is unpacked by itself. That a layer of the second type has the content of its counterpart, and can be a
    /// symlink to it, is only what the entry says: it could give a digest that others build on, too, any content it likes.
    private func unpack(_ metadata: OverlayMetadata, from layout: Layout) throws {
        let types = build.context.request.layerTypes
        guard Set(types.map { metadata.images[$0]?.layers.count }).count == 1 else {
            throw Failure("the images of the entry do not have the same number of layers")
        }
        for type in types {
            guard let image = metadata.images[type] else { continue }
            try build.bases.unpacker.unpack(image, from: [layout])
        }
    }

    private func store(
        _ record: SharedRecord, _ base: OverlayMetadata, _ manifests: [LayerType: Descriptor], by writer: LayoutWriter
    ) throws {
        var metadata = base
        metadata.hasBuiltOCIOutput = true
        metadata.overlayDirectories = record.overlayDirectories.map(\.copy)
        let places = record.overlayDirectories.compactMap(\.place)
        let types = build.context.request.layerTypes
        guard let first = types.first, let layers = metadata.images[first]?.layers,
            places.allSatisfy(layers.indices.contains)
        else { throw Failure("the entry has an overlay dir that is none of its layers") }
        if !places.isEmpty {
            for type in types {
                metadata.overlayDirLayers[type] = places.compactMap { metadata.images[type]?.layers[$0] }
            }
        }
        let storage = build.roots.layer(name)
        try storage.reset()
        for piece in record.overlayDirectories {
            if let place = piece.place {
                try storage.linkOverlayDirectory(piece.copy.name, to: layers[place].digest)
                continue
            }
            let directory = try storage.makeOverlayDirectory(piece.copy.name)
            if let blob = piece.blob { try build.unpack(blob, from: writer.layout, into: directory) }
        }
        try build.fillImports()
        try storage.write(metadata)
        try writer.tag(manifests, of: name, types)
    }

    // MARK: - Directories of a build_only layer

    private func takeDirectories(_ record: SharedRecord, through staging: LayoutWriter) throws {
        guard let upperdir = record.upper else { throw Failure("the entry has no upperdir") }
        let blobs = record.overlayDirectories.compactMap(\.blob)
        guard blobs.count == record.overlayDirectories.count else {
            throw Failure("the entry lacks the content of an overlay dir")
        }
        try pull.fetch((blobs + [upperdir]).map(\.descriptor), into: staging)
        let base = try build.bases.fetch(build.bases.resolve(build.layer.base, build.layer.definition.platform))
        try build.restore(record, upperdir, from: staging.layout, on: base)
    }
}

extension LayerBuild {
    /// Puts a build_only layer that was built elsewhere where its build would have put it.
    fileprivate func restore(
        _ record: SharedRecord, _ upperdir: SharedRecord.Blob, from layout: Layout, on start: BuildBase
    ) throws {
        let name = layer.definition.name
        let storage = roots.layer(name)
        var base = start
        try storage.reset()
        try bases.unpack(base)
        try fillImports()
        base.metadata.overlayDirectories = record.overlayDirectories.map(\.copy)
        try storage.writeBase(base.metadata)
        for piece in record.overlayDirectories {
            guard let blob = piece.blob else { continue }
            try unpack(blob, from: layout, into: storage.makeOverlayDirectory(piece.copy.name))
        }
        try unpack(upperdir, from: layout, into: Directory(at: storage.upperdir))
        _ = try keep(base, labels: (record.labels ?? [:]).map { ($0, $1) }, in: storage)
    }

    fileprivate func unpack(_ blob: SharedRecord.Blob, from layout: Layout, into directory: Directory) throws {
        let report = try unpackLayer(
            layout.open(blob.descriptor), blob.descriptor, diffID: blob.diffID, into: directory,
            options: UnpackOptions().stoppable.with(request.hardLinkOverflow))
        let leftOut = [report.leftOutDevices, report.leftOutAttributes, report.leftOutWhiteouts]
        if let example = leftOut.first(where: { $0.count > 0 })?.examples.first {
            throw Failure("this machine can't hold all of it: \(example)")
        }
        report.say("layer \(layer.definition.name)", log)
    }
}
