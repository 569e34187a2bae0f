import Failure
import OCI
import Recipes

/// Whether layers can be built for the platforms that were asked for, as far as that can be known before anything is built.
struct PlatformChecks {
    let bases: Bases
    let recipes: RecipeSet

    private var context: BuildContext { bases.context }

    /// - Throws: `Failure` with the place for a base that lacks a platform, or is for another one, for two images of one tag
    ///   that would say the same platform, and for a script that nothing runs on this machine.
    func run() throws {
        // Otherwise each says for itself what it lacks.
        guard !context.request.keepsGoing else { return }
        let layers = recipes.layers.filter { $0.definition.asked != nil }
        try refuseOtherBases(of: layers)
        // Of what was built before nothing may have to be run.
        for layer in layers.map(\.definition) where context.request.ignoresCache || context.cache[layer.name] == nil {
            try ForeignScripts.refuse(layer, on: layer.platform)
        }
    }

    private func refuseOtherBases(of layers: [RecipeSet.Layer]) throws {
        let tags = Set(recipes.layers.map(\.definition.tag))
        var platforms: [String: Platform] = [:]
        var layersOf: [String: [Platform: LayerDefinition]] = [:]
        for layer in layers {
            let definition = layer.definition
            var platform = definition.platform
            let base = try self.platform(ofBaseOf: layer, tags, platforms)
            // Where nobody asks for a variant, the image has its base's.
            if platform.variant == nil { platform.variant = base?.variant }
            platforms[definition.name] = platform
            guard !definition.isBuildOnly else { continue }
            if let other = layersOf[definition.tag, default: [:]].updateValue(definition, forKey: platform.normalized) {
                throw Failure(
                    "\(definition.position(of: .platforms)): the images of \(definition.tag) for \(other.platform) and for "
                        + "\(definition.platform) would both be for \(platform), as the base says",
                    help: "ask for one of them, or take a base that has both")
            }
        }
    }

    /// What the image says on which a layer is built, as far as that is known.
    private func platform(
        ofBaseOf layer: RecipeSet.Layer, _ tags: Set<String>, _ known: [String: Platform]
    ) throws -> Platform? {
        switch layer.base {
        case .docker: break
        case .oci(let path, let tag):
            // Otherwise a layer may put it there that comes before.
            guard try context.layouts.layout(ifThereAt: path)?.entry(tag: tag) != nil else { return nil }
            if path == context.directories.oci, tags.contains(tag) { return nil }
        case .built(let name): return known[name]
        case .scratch, .tar: return nil
        }
        return try layer.definition.sayingWhereBaseIs {
            let base = try bases.resolve(layer.base, layer.definition.platform)
            return try withExtendedLifetime(base) {
                try layer.definition.refuseOtherPlatform(of: base)
                return base.metadata.anyImage?.config.platform
            }
        }
    }
}

extension LayerDefinition {
    /// Refuses a base that says that it is for another platform than the one that was asked for.
    func refuseOtherPlatform(of base: BuildBase) throws {
        guard asked != nil, let image = base.metadata.anyImage, !image.layers.isEmpty else { return }
        let other = image.config.platform
        guard !other.os.isEmpty, !other.architecture.isEmpty, !platform.takes(other) else { return }
        throw Failure(
            "the layer is built for \(platform), and its base is for \(shown("\(other)"))",
            help: "take a base that has an image for \(platform); "
                + (isBuildOnly
                    ? "what is only there for the build itself can have build_platform: true"
                    : "arch: and os: in place of platforms only change what an image says"))
    }
}
