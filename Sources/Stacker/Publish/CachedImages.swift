import Failure
import FileTree
import Host
import Layers
import OCI
import Recipes
import Registry
import Roots
import SystemPackage

/// Images that are published as a shared cache has them. Their layers are not fetched, unless the registry that they go to
/// can't take them from the cache by itself.
final class CachedImages {
    private let context: BuildContext
    private let forecast: Forecast
    private let writer: LayoutWriter
    private let shared: SharedCache
    /// Where the blobs of the images that were asked for are.
    private var origins: [Digest: SharedEntry] = [:]

    /// Finds out what the caches have. Only for the holder of the locks.
    init(_ request: BuildRequest, of project: Project) throws {
        let roots = try RootsDirectory(takingOver: project.directories.roots)
        context = try project.context(of: request, by: BuildIdentity(request), in: roots)
        let output = try OutputLayout(context, tagging: [])
        shared = try SharedCache(context, output)
        forecast = try Forecaster(lookup: CacheLookup(bases: Bases(context)), shared: shared).forecast(project.recipes)
        // No layer is called so.
        let place = SharedDraft(of: ".publish", context: context, output: output).place
        writer = try LayoutWriter(openingOrCreating: place, checkpoint: context.cancellation.check)
    }

    /// Removes what is there only for this.
    func clear() {
        writer.abandon()
        shared.clear()
    }

    /// The layout with manifests and configs of the images that were asked for.
    var layout: Layout { writer.layout }

    /// The images of a tag's layers, one for each platform.
    ///
    /// - Returns: of each type the image, or the index with the images; `nil` if a layer is in no cache.
    func images(of layers: [RecipeSet.Layer]) throws -> [(type: LayerType, descriptor: Descriptor)]? {
        var images = PlatformImages()
        let types = context.request.layerTypes
        for name in layers.map(\.definition.name) {
            guard let entry = try entry(of: name) else { return nil }
            images.layers.append(name)
            images.images[name] = try attempt("couldn't use layer \(name) of \(entry.repository)") {
                try self.images(of: entry)
            }
        }
        let whole = try images.whole(types, by: writer)
        return types.compactMap { type in whole[type].map { (type, $0) } }
    }

    /// - Returns: also that of a layer which is here, as one platform of several may be.
    private func entry(of layer: String) throws -> SharedEntry? {
        switch forecast[layer] {
        case .shared(let entry, _): entry
        case .here: try shared.find(layer)
        case .missing, nil: nil
        }
    }

    private func images(of entry: SharedEntry) throws -> [LayerType: Descriptor] {
        let record = try entry.record(through: writer)
        var manifests: [LayerType: Descriptor] = [:]
        for type in context.request.layerTypes {
            let (descriptor, image) = try entry.image(of: type, in: record, into: writer)
            manifests[type] = descriptor
            for layer in image.layers { origins[layer.digest] = entry }
        }
        try entry.refuseOtherContent(manifests, context.request, in: layout)
        return manifests
    }

    /// What sends them to a registry.
    func push(to client: RegistryClient) -> ImagePush {
        let near = origins.filter { $0.value.repository.registry == client.registry }
        return ImagePush(
            from: layout, to: client, mountable: near.mapValues(\.repository.path), progress: context.log.progress,
            bring: { [writer, origins] in try Self.bring($0, origins, into: writer) })
    }

    /// Sees that all of an image is in the layout.
    func bringAll(of descriptor: Descriptor) throws {
        for blob in try ImageParts(of: descriptor, in: layout).blobs { try Self.bring(blob, origins, into: writer) }
    }

    private static func bring(
        _ blob: Descriptor, _ origins: [Digest: SharedEntry], into writer: LayoutWriter
    ) throws {
        guard let origin = origins[blob.digest] else { return }
        try origin.pull.fetch([blob], into: writer)
    }
}
