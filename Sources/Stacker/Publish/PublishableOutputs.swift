import Failure
import FileTree
import Layers
import OCI
import Recipes
import Roots
import SystemPackage

/// Which images of the output layout are what their recipes say now.
struct PublishableOutputs {
    private let request: PublishRequest
    private let project: Project
    /// What finds out whether what earlier builds have left still holds.
    private var lookup: CacheLookup?
    /// What caches have, once something is not here.
    private(set) var cached: CachedImages?

    init(_ request: PublishRequest, of project: Project) {
        self.request = request
        self.project = project
    }

    /// What is published of the layers of one tag, one for each platform that the recipe or the command line has: of each type
    /// that was asked for the image, or the index with the images.
    ///
    /// - Throws: `Failure` for a layer that would be built anew, unless that doesn't matter.
    /// - Returns: also whether it is here; otherwise ``cached`` has it.
    mutating func images(
        of layers: [RecipeSet.Layer]
    ) throws -> (images: [(type: LayerType, descriptor: Descriptor)], areHere: Bool) {
        do {
            return (try imagesHere(of: layers), true)
        } catch let stale as StaleLayer {
            if request.cacheFrom.isEmpty { throw stale.failure }
            if let images = try cachedImages(of: layers) { return (images, false) }
            throw Failure(
                stale.failure.what, because: Failure("it is not here, and no cache that --cache-from names has it"),
                help: "its key depends on how it was built: give the options and SOURCE_DATE_EPOCH of the build")
        }
    }

    private mutating func cachedImages(
        of layers: [RecipeSet.Layer]
    ) throws -> [(type: LayerType, descriptor: Descriptor)]? {
        let cached = try cached ?? CachedImages(request.build, of: project)
        self.cached = cached
        return try cached.images(of: layers)
    }

    private mutating func imagesHere(
        of layers: [RecipeSet.Layer]
    ) throws -> [(type: LayerType, descriptor: Descriptor)] {
        guard let first = layers.first else { return [] }
        let tag = first.definition.tag
        if request.isForced { return try request.layerTypes.map { ($0, try image(tag, $0)) } }
        let isFree = request.platforms.isEmpty && layers.count == 1 && first.definition.asked == nil
        if isFree, let platforms = try platforms(of: tag, besides: first.definition), try current(first).entry == nil {
            return try whole(tag, for: platforms, request.layerTypes)
        }
        let manifests = try layers.map { try images(of: $0) }
        return try request.layerTypes.enumerated().map { number, type in
            let images = manifests.map { $0[number] }
            if layers.count > 1 { return (type, try index(of: images, type.tag(for: tag), layers)) }
            return (type, try isFree ? withOthers(images[0], type, tag) : images[0])
        }
    }

    /// The manifest of each type that was asked for.
    private mutating func images(of layer: RecipeSet.Layer) throws -> [Descriptor] {
        let name = layer.definition.name
        let (entry, reason) = try current(layer)
        guard let manifests = entry?.manifests else {
            throw Self.stale(
                name, reason,
                (layer.definition.asked.map { "build it with --platform \($0.platform)" } ?? "build it")
                    + " with the same substitutions and SOURCE_DATE_EPOCH, or publish what is there with --force")
        }
        return try request.layerTypes.map { type in
            if let descriptor = manifests[type] { return descriptor }
            throw Self.stale(
                name, "it has no \(type) image", "build it with --layer-type \(type): its script is not run again")
        }
    }

    private static func stale(_ name: String, _ reason: String?, _ help: String) -> StaleLayer {
        StaleLayer(
            failure: Failure(
                "layer needs to be rebuilt before publishing: \(name)", because: reason.map { Failure($0) }, help: help)
        )
    }

    /// What is here of a layer is not what its recipe says.
    private struct StaleLayer: Error {
        let failure: Failure
    }

    /// The index that has a tag, which is to have these images and no others.
    private func index(of images: [Descriptor], _ tag: String, _ layers: [RecipeSet.Layer]) throws -> Descriptor {
        let layout = try project.layouts.layout(at: project.directories.oci)
        if let entry = try layout.entry(tag: tag), let index = try layout.index(of: entry),
            Set(index.images.map(\.digest)) == Set(images.map(\.digest))
        {
            return entry
        }
        let platforms = layers.map(\.definition.platform.description).joined(separator: ",")
        throw Self.stale(
            tag, "the tag is no index of images for \(platforms), and nothing else",
            "build it for all of them at once: --platform \(platforms)")
    }

    /// The index with this image, if the tag is one: a build for several platforms is published as a whole, if all of it is what
    /// the recipe says.
    private func withOthers(_ descriptor: Descriptor, _ type: LayerType, _ tag: String) throws -> Descriptor {
        let layout = try project.layouts.layout(at: project.directories.oci)
        // Whatever else somebody has given the tag to, the image is what was built.
        guard let entry = try layout.entry(tag: type.tag(for: tag)), entry.digest != descriptor.digest,
            let index = try ifUsable({ try layout.index(of: entry) }) ?? nil,
            index.images.contains(where: { $0.digest == descriptor.digest })
        else { return descriptor }
        return try whole(tag, for: index.images.compactMap(\.platform), [type]).first?.descriptor ?? descriptor
    }

    /// What is published of a layer as it was built for these platforms, of which the recipe says nothing.
    private func whole(
        _ tag: String, for platforms: [Platform], _ types: [LayerType]
    ) throws -> [(type: LayerType, descriptor: Descriptor)] {
        var request = request
        request.platforms = platforms.map(\.normalized)
        request.layerTypes = types
        let project = try Project(
            request.build, missing: .replace("dummy"), in: project.directories, log: project.log)
        var outputs = PublishableOutputs(request, of: project)
        return try outputs.imagesHere(of: project.recipes.layers.filter { $0.definition.tag == tag })
    }

    /// The platforms of what has a tag, where they are not that of the layer.
    private func platforms(of tag: String, besides layer: LayerDefinition) throws -> [Platform]? {
        guard let type = request.layerTypes.first,
            let layout = try project.layouts.layout(ifThereAt: project.directories.oci),
            let entry = try layout.entry(tag: type.tag(for: tag)),
            let images = try ifUsable({ try layout.entries(of: entry) })
        else { return nil }
        let platforms = images.compactMap(\.platform)
        return platforms.isEmpty || platforms.contains(where: layer.platform.takes) ? nil : platforms
    }

    /// Whatever has the layer's tag.
    private func image(_ name: String, _ type: LayerType) throws -> Descriptor {
        let layout = try project.layouts.layout(at: project.directories.oci)
        guard let entry = try layout.entry(tag: type.tag(for: name)) else {
            throw Failure(
                "there is no image \(type.tag(for: name)) in \(layout.path)", help: "build it with --layer-type \(type)"
            )
        }
        return entry
    }

    /// The last build of a layer if it still holds, and otherwise why not, as far as that is known.
    private mutating func current(
        _ layer: RecipeSet.Layer
    ) throws -> (entry: BuildCache.Entry?, reason: String?) {
        lookup = try lookup ?? open()
        guard let lookup, let entry = lookup.context.cache[layer.definition.name] else { return (nil, nil) }
        let inputs = try lookup.inputs(layer, mayUnpack: false)?
            .taking(waysOfWriting(layer, lookup.context), from: entry.inputs)
        // Who builds and then publishes means what was built, whatever is in the binds by now.
        switch try lookup.decide(layer, inputs, trustsBinds: true) {
        case .hit(let entry), .lacking(_, let entry): return (entry, nil)
        case .miss(let reason): return (nil, reason)
        }
    }

    /// What is not compared: publish has no options for it, and the recipe does not decide on it. Who sets a time, however,
    /// wants images of that time.
    private func waysOfWriting(_ layer: RecipeSet.Layer, _ context: BuildContext) -> Set<LayerInputs.Name> {
        var ways = LayerInputs.Name.waysOfWriting
        if context.identity.sourceDateEpoch != nil { ways.remove(.epoch) }
        if layer.collapsesBuildOnly == nil { ways.insert(.collapse) }
        return ways
    }

    private func open() throws -> CacheLookup? {
        let directories = project.directories
        guard try directories.stacker.isThere(),
            let roots = try RootsDirectory(ifOursAt: directories.roots)
        else { return nil }
        return CacheLookup(
            bases: Bases(try project.context(of: request.build, by: BuildIdentity(request.build), in: roots)))
    }
}
