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
    let entry: SharedEntry
    /// What the layer is beside its directories.
    let frame: Digest?
    /// Whether what the layer imports is here, so that it can be shown to who enters the layer.
    let hasImports: Bool

    private var pull: ArtifactPull { entry.pull }
    private var name: String { build.layer.definition.name }
    private var timeline: BuildTimeline { build.timeline }

    /// - Returns: what the cache is to remember of it.
    func run() throws -> BuildCache.Entry {
        let draft = SharedDraft(of: name, context: build.context, output: build.output)
        let staging = try LayoutWriter(openingOrCreating: draft.place)
        defer { draft.clear() }
        let record = try entry.record(through: staging)
        var manifests: [LayerType: Descriptor] = [:]
        if build.layer.definition.isBuildOnly {
            try takeDirectories(record, through: staging)
        } else {
            manifests = try takeImages(record)
        }
        // On every machine that takes it, it is the same build.
        var taken = BuildCache.Entry(inputs: inputs, manifests: manifests, identity: entry.identity)
        if manifests.isEmpty { taken.shared = entry.identity }
        taken.milliseconds = entry.milliseconds
        return taken
    }

    // MARK: - Images

    private func takeImages(_ record: SharedRecord) throws -> [LayerType: Descriptor] {
        let writer = try build.output.writer()
        var metadata = OverlayMetadata()
        var manifests: [LayerType: Descriptor] = [:]
        for type in build.context.request.layerTypes {
            (manifests[type], metadata.images[type]) = try timeline.measure(.fetch, of: name, type.rawValue) {
                try fetch(type, of: record, into: writer)
            }
        }
        try pull.fetch(record.overlayDirectories.compactMap(\.blob?.descriptor), into: writer)
        try timeline.measure(.unpack, of: name) { try unpack(metadata, from: writer.layout) }
        try entry.refuseOtherContent(manifests, build.context.request, in: writer.layout)
        try store(record, metadata, manifests, by: writer)
        return manifests
    }

    /// Gets an image. Its blobs are taken from this machine's base images as far as they are there.
    private func fetch(
        _ type: LayerType, of record: SharedRecord, into writer: LayoutWriter
    ) throws -> (Descriptor, Image) {
        let (descriptor, image) = try entry.image(of: type, in: record, into: writer)
        for layer in image.layers {
            // One that is damaged is fetched like one that is not there.
            for source in baseLayouts where try source.holds(layer) { try? writer.adopt(layer, from: source) }
        }
        try pull.fetch(image.layers, into: writer)
        return (descriptor, image)
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
        try build.fillImports(hasImports)
        try storage.write(metadata)
        try build.output.tag(manifests, of: name, types)
    }

    // MARK: - Directories of a build_only layer

    private func takeDirectories(_ record: SharedRecord, through staging: LayoutWriter) throws {
        guard let upperdir = record.upper else { throw Failure("the entry has no upperdir") }
        // What stands on the layer is known by the record: it must not be that of one with another base or config.
        guard let said = record.frame, said == frame else {
            throw Failure("the entry is of a layer with another base, or another definition")
        }
        let blobs = record.overlayDirectories.compactMap(\.blob)
        guard blobs.count == record.overlayDirectories.count else {
            throw Failure("the entry lacks the content of an overlay dir")
        }
        let base = try timeline.measure(.fetch, of: name) {
            try pull.fetch((blobs + [upperdir]).map(\.descriptor), into: staging)
            return try build.bases.bring(build.layer.base, build.layer.definition.platform)
        }
        try build.restore(record, upperdir, from: staging.layout, on: base, hasImports: hasImports)
    }
}

extension LayerBuild {
    /// Puts a build_only layer that was built elsewhere where its build would have put it.
    fileprivate func restore(
        _ record: SharedRecord, _ upperdir: SharedRecord.Blob, from layout: Layout, on start: BuildBase,
        hasImports: Bool
    ) throws {
        let name = layer.definition.name
        let storage = roots.layer(name)
        var base = start
        try storage.reset()
        try timeline.measure(.unpack, of: name) { try bases.unpack(base) }
        try fillImports(hasImports)
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
            options: UnpackOptions().stopped(by: context.cancellation).with(request.hardLinkOverflow))
        let leftOut = [report.leftOutDevices, report.leftOutAttributes, report.leftOutWhiteouts]
        if let example = leftOut.first(where: { $0.count > 0 })?.examples.first {
            throw Failure("this machine can't hold all of it: \(example)")
        }
        report.say("layer \(layer.definition.name)", log)
    }
}
