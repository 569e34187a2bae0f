import Failure
import FileTree
import Host
import Layers
import OCI
import Recipes
import Roots
import SystemPackage

/// The bases of layers, and images that layers take files from: says what they are, fetches and unpacks them.
struct Bases {
    var context: BuildContext
    let downloads: Downloads
    let registries: RegistryBases
    let unpacker: LayerUnpacker
    private let bringing = KeyedLocks<Wanted>()

    /// What one layer brings here for all that want it.
    private struct Wanted: Hashable {
        let base: Base
        let platform: Platform
    }

    init(_ context: BuildContext) {
        self.context = context
        downloads = Downloads(context)
        registries = RegistryBases(context)
        unpacker = LayerUnpacker(
            roots: context.roots, hardLinkOverflow: context.request.hardLinkOverflow, log: context.log,
            cancellation: context.cancellation)
    }

    // MARK: - What they are

    /// The input that a base is to the cache.
    ///
    /// - Parameter mayDownload: whether an archive or a manifest may be fetched from a server.
    /// - Returns: `nil` if the base is another layer of the build that was never built, or would have to be downloaded.
    func input(_ base: Base, _ platform: Platform, mayDownload: Bool) throws -> Digest? {
        switch base {
        case .scratch: return Digest(of: [])
        case .built(let layer): return context.cache[layer]?.identity
        case .oci(let path, let tag): return try find(tag, in: path, platform).image.descriptor.digest
        case .tar(.local(let path)): return try context.digests.digest(of: path)
        // An archive from a layer is the layer's: a digest of the archive alone would need the layer unpacked.
        case .tar(.layer(let layer, _)): return context.cache[layer]?.identity
        case .tar(.image(let image, _)): return try input(image.base, platform, mayDownload: mayDownload)
        case .tar(.http(let address)):
            return try downloads.file(address, for: .bases, mayDownload: mayDownload)?.digest
        case .docker(let reference, let insecure):
            return try registries.manifest(reference, insecure: insecure, platform, mayDownload: mayDownload)
        }
    }

    /// What a base is. Of an image of a registry no more is fetched than its manifest and its config; what was kept of it
    /// and is damaged goes. See ``bring(_:_:)``.
    func resolve(_ base: Base, _ platform: Platform) throws -> BuildBase {
        let types = context.request.layerTypes
        switch base {
        case .scratch: return BuildBase(metadata: OverlayMetadata(Image(empty: platform), types))
        case .tar(let source):
            let archive = try LayerContents(bases: self, platform: platform).archive(source)
            return BuildBase(metadata: OverlayMetadata(Image(empty: platform), types), archive: archive)
        case .oci(let path, let tag):
            // Before the image is looked for: what it names must not go meanwhile.
            let use = try Layout(ifThereAt: path).map(inUse)
            let (layout, found) = try find(tag, in: path, platform)
            var base = try image(layout, found.manifest, "image \(tag) of \(path)")
            base.use = use
            return base
        case .built(let layer): return try built(layer)
        case .docker(let reference, let insecure):
            let found = try registries.image(reference, insecure: insecure, platform, check: dropIfDamaged)
            var base = try image(
                found.layout, found.manifest, "docker://\(reference)", isThere: found.missing == nil)
            base.missing = found.missing
            return base
        }
    }

    // MARK: - Bringing them here

    /// Finds a base and fetches what is missing of it, which is unpacked while it comes. Of several layers that want the
    /// same, one does it.
    ///
    /// - Returns: the base, of which all is there: only then it can be said which media types its layers really have.
    func bring(_ base: Base, _ platform: Platform) throws -> BuildBase {
        guard case .docker = base else { return try resolve(base, platform) }
        return try bringing.with(Wanted(base: base, platform: platform)) { try fetch(resolve(base, platform)) }
    }

    private func fetch(_ base: BuildBase) throws -> BuildBase {
        guard let missing = base.missing, let layout = base.source else { return base }
        try registries.fetch(missing, unpacker)
        return try image(layout, missing.manifest, "docker://\(missing.reference)")
    }

    /// Unpacks the layers of a base's image that are not unpacked yet.
    func unpack(_ base: BuildBase) throws {
        // Whichever type is there serves: the content is the same.
        guard let type = context.request.layerTypes.first, let image = base.metadata.images[type] else { return }
        let output = try context.layouts.layout(ifThereAt: context.directories.oci)
        try unpacker.unpack(image, from: [base.source, output].compactMap(\.self))
    }

    // MARK: - Images of layouts

    /// An image of a layout on this machine.
    private func find(
        _ tag: String, in path: FilePath, _ platform: Platform
    ) throws -> (layout: Layout, image: (descriptor: Descriptor, manifest: ImageManifest)) {
        do {
            return try context.layouts.image(tag, in: path, for: platform)
        } catch let failure as Failure where path.lastComponent == "oci" && tag.contains(":") {
            // A layout of that name with such a tag is possible; other tools' way of writing it is likelier.
            if let layout = try? Layout(at: path), try layout.entry(tag: tag) != nil { throw failure }
            throw Failure(
                "couldn't find oci:\(tag)", because: Failure(failure.description),
                help: "with type: oci there is no oci: in front of the layout: url: \"\(tag)\"")
        }
    }

    /// Removes a blob that is not what its name says, as a crash of the machine can leave it, from where base images are
    /// kept: it is fetched again.
    func dropIfDamaged(_ blob: Descriptor, in layout: Layout) throws {
        guard try layout.holds(blob), try !context.roots.isWhole(blob, in: layout) else { return }
        context.log.info("blob \(blob.digest) in \(layout.path) is damaged; fetching it again")
        try layout.remove(blob)
        // There it may be the same file under another name.
        guard let output = try Layout(ifThereAt: context.directories.oci) else { return }
        if try output.holds(blob), try !context.roots.isWhole(blob, in: output) { try output.remove(blob) }
    }

    /// - Parameter isThere: whether its layers are in the layout, or ought to be.
    private func image(
        _ layout: Layout, _ found: ImageManifest, _ name: String, isThere: Bool = true
    ) throws -> BuildBase {
        let manifest = try attempt("couldn't build on \(name)") {
            var manifest = try found.converted()
            if isThere { manifest.layers = try layout.rightlyNamed(manifest.layers) }
            return manifest
        }
        let config = try layout.config(manifest)
        guard config.rootfs.diffIDs.count == manifest.layers.count else {
            throw Failure("\(name) has \(manifest.layers.count) layers, its config \(config.rootfs.diffIDs.count)")
        }
        var metadata = OverlayMetadata(Image(manifest, config), context.request.layerTypes)
        metadata.baseLayout = try layout.path.absolute().string
        return BuildBase(metadata: metadata, source: layout)
    }

    /// A layer that is built on another starts from that one's images and, below an output layer, from the upperdirs of
    /// build_only layers on the way.
    func built(_ name: String) throws -> BuildBase {
        if let manifests = context.cache[name]?.manifests, !manifests.isEmpty {
            let layout = try context.layouts.layout(at: context.directories.oci)
            var metadata = OverlayMetadata()
            for type in context.request.layerTypes {
                guard let descriptor = manifests[type] else { throw Failure("layer \(name) has no \(type) image") }
                metadata.images[type] = try layout.image(descriptor)
            }
            return BuildBase(metadata: metadata)
        }
        guard let own = try context.roots.layer(name).metadata() else {
            throw Failure("layer \(name) has not been built", help: "remove \(context.roots.path) and build again")
        }
        let metadata = own.below(name)
        let source = try metadata.baseLayout.flatMap { try layout(ifThereAt: FilePath($0)) }
        return BuildBase(metadata: metadata, source: source, use: try source.map(inUse), isBuildOnly: true)
    }

    /// The layout that a base came from; `nil` if it is there no more, and its layers are made of what they were unpacked to. One
    /// that is there, and can't be opened just now, is an error: such layers may have other bytes.
    private func layout(ifThereAt path: FilePath) throws -> Layout? {
        do {
            return try Layout(ifThereAt: path)
        } catch let failure as Failure where failure.errno.map(\.saysNoDirectory) ?? true {
            return nil
        }
    }

    private func inUse(_ layout: Layout) throws -> LayoutLock {
        try LayoutLock.use(of: layout, context.cancellation.check)
    }
}
