import Failure
import Host
import Layers
import OCI
import Recipes
import Roots
import SystemPackage

/// What a layer's build starts from: the outcome of its `from:`.
struct BuildBase: Sendable {
    /// The images so far and the upperdirs below this layer that are not encoded yet.
    var metadata: OverlayMetadata
    /// Where the blobs of those images are, beside the output layout.
    var source: Layout?
    /// Keeps other stackers from removing blobs of that layout as long as the base is used. Not any longer: what the build
    /// itself no longer needs it removes at its end, and the layout may be the output layout.
    var use: LayoutLock?
    /// An archive whose content is the beginning of the layer's own upperdir.
    var archive: BaseArchive?
    /// Whether it is a build_only layer.
    var isBuildOnly = false
}

/// Finds out what the bases of layers are.
struct BaseResolver {
    let unpacker: LayerUnpacker
    /// The output layout.
    let output: FilePath
    /// The types of image that are wanted.
    let types: [LayerType]
    let downloads: Downloads
    let registries: RegistryBases
    let layouts: OpenLayouts

    var roots: RootsDirectory { unpacker.roots }
    var log: Log { unpacker.log }

    /// The input that a base is to the cache.
    ///
    /// - Parameter mayDownload: whether an archive or a manifest may be fetched from a server.
    /// - Returns: `nil` if the base is another layer of the build that was never built, or would have to be downloaded.
    func input(
        _ base: Base, _ platform: Platform, _ cache: BuildCache, _ digests: inout FileDigests, mayDownload: Bool
    ) throws -> Digest? {
        switch base {
        case .scratch: return Digest(of: [])
        case .built(let layer): return cache[layer]?.identity
        case .oci(let path, let tag): return try find(tag, in: path, platform).image.descriptor.digest
        case .tar(.local(let path)): return try digests.digest(of: path)
        // An archive from a layer is the layer's: a digest of the archive alone would need the layer unpacked.
        case .tar(.layer(let layer, _)): return cache[layer]?.identity
        case .tar(.image(let image, _)):
            return try input(image.base, platform, cache, &digests, mayDownload: mayDownload)
        case .tar(.http(let address)):
            return try downloads.file(address, for: .bases, mayDownload: mayDownload) {
                try digests.digest(of: $0)
            }?.digest
        case .docker(let reference, let insecure):
            return try registries.manifest(reference, insecure: insecure, platform, mayDownload: mayDownload)
        }
    }

    /// What is known of a base, nothing unpacked yet.
    func base(_ base: Base, _ platform: Platform, _ cache: BuildCache) throws -> BuildBase {
        switch base {
        case .scratch: return BuildBase(metadata: OverlayMetadata(Image(empty: platform), types))
        case .tar(let source):
            let archive = try LayerContents(resolver: self, cache: cache, platform: platform).archive(source)
            return BuildBase(metadata: OverlayMetadata(Image(empty: platform), types), archive: archive)
        case .oci(let path, let tag):
            // Before the image is looked for: what it names must not go meanwhile.
            let use = try Layout(ifThereAt: path).map(inUse)
            let (layout, found) = try find(tag, in: path, platform)
            var base = try image(layout, found.manifest, "image \(tag) of \(path)")
            base.use = use
            return base
        case .built(let layer): return try built(layer, cache)
        case .docker(let reference, let insecure):
            let (layout, manifest) = try registries.image(
                reference, insecure: insecure, platform, unpacker: unpacker, check: dropIfDamaged)
            return try image(layout, manifest, "docker://\(reference)")
        }
    }

    /// An image of a layout on this machine.
    private func find(
        _ tag: String, in path: FilePath, _ platform: Platform
    ) throws -> (layout: Layout, image: (descriptor: Descriptor, manifest: ImageManifest)) {
        do {
            return try layouts.image(tag, in: path, for: platform)
        } catch let failure as Failure where path.lastComponent == "oci" && tag.contains(":") {
            // A layout of that name with such a tag is possible; other tools' way of writing it is likelier.
            if let layout = try? Layout(at: path), try layout.entry(tag: tag) != nil { throw failure }
            throw Failure(
                "couldn't find oci:\(tag)", because: Failure(failure.description),
                help: "with type: oci there is no oci: in front of the layout: url: \"\(tag)\"")
        }
    }

    private func image(_ layout: Layout, _ found: ImageManifest, _ name: String) throws -> BuildBase {
        let manifest = try attempt("couldn't build on \(name)") {
            var manifest = try found.converted()
            manifest.layers = try layout.rightlyNamed(manifest.layers)
            return manifest
        }
        let config = try layout.config(manifest)
        guard config.rootfs.diffIDs.count == manifest.layers.count else {
            throw Failure("\(name) has \(manifest.layers.count) layers, its config \(config.rootfs.diffIDs.count)")
        }
        var metadata = OverlayMetadata(Image(manifest, config), types)
        metadata.baseLayout = try layout.path.absolute().string
        return BuildBase(metadata: metadata, source: layout)
    }

    /// A layer that is built on another starts from that one's images and, below an output layer, from the upperdirs of
    /// build_only layers on the way.
    func built(_ name: String, _ cache: BuildCache) throws -> BuildBase {
        if let outputs = cache[name]?.outputs, !outputs.isEmpty {
            let layout = try layouts.layout(at: output)
            var metadata = OverlayMetadata()
            for type in types {
                guard let descriptor = outputs[type] else { throw Failure("layer \(name) has no \(type) image") }
                metadata.images[type] = try layout.image(descriptor)
            }
            return BuildBase(metadata: metadata)
        }
        guard let own = try roots.layer(name).metadata() else {
            throw Failure("layer \(name) has not been built", help: "remove \(roots.path) and build again")
        }
        let metadata = own.below(name)
        let source = metadata.baseLayout.flatMap { try? Layout(at: FilePath($0)) }
        return BuildBase(metadata: metadata, source: source, use: try source.map(inUse), isBuildOnly: true)
    }

    private func inUse(_ layout: Layout) throws -> LayoutLock {
        try LayoutLock.use(of: layout) { try StopSignal.check() }
    }
}
