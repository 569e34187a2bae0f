import Failure
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

    init(_ request: PublishRequest, of project: Project) {
        self.request = request
        self.project = project
    }

    /// The manifest of each type that was asked for.
    ///
    /// - Throws: `Failure` for a layer that would be built anew, unless that doesn't matter.
    mutating func images(of layer: RecipeSet.Layer) throws -> [(type: LayerType, descriptor: Descriptor)] {
        let name = layer.definition.name
        if request.isForced { return try request.layerTypes.map { ($0, try image(name, $0)) } }
        let (entry, reason) = try current(layer)
        guard let manifests = entry?.manifests else {
            throw Failure(
                "layer needs to be rebuilt before publishing: \(name)", because: reason.map { Failure($0) },
                help:
                    "build it with the same substitutions and SOURCE_DATE_EPOCH, or publish what is there with --force")
        }
        return try request.layerTypes.map { type in
            guard let descriptor = manifests[type] else {
                throw Failure(
                    "layer needs to be rebuilt before publishing: \(name)", because: Failure("it has no \(type) image"),
                    help: "build it with --layer-type \(type): its script is not run again")
            }
            return (type, descriptor)
        }
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
        guard directories.stacker.exists,
            let roots = try RootsDirectory(ifOursAt: directories.roots)
        else { return nil }
        return CacheLookup(
            bases: Bases(try project.context(of: request.build, by: BuildIdentity(), in: roots)))
    }
}
