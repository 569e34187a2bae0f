import Failure
import Layers
import Recipes
import Registry

/// What can be known to go wrong with images before anything is built.
struct BuildChecks {
    let recipes: RecipeSet
    let request: BuildRequest
    let identity: BuildIdentity

    /// - Throws: `Failure` with the place for images that can't be made; what can be built and not be published is a warning.
    func run(_ log: Log) throws {
        try refuseEqualTags()
        try refuseOversized()
        for layer in recipes.layers.map(\.definition) where !layer.isBuildOnly {
            if let reason = layer.reasonAgainstPublishing {
                log.warn("\(layer.position): layer \(layer.tag) can be built, but not sent to a registry: \(reason)")
            }
        }
    }

    /// A layer may be called what another layer's image of another type is tagged.
    private func refuseEqualTags() throws {
        var owners: [String: (layer: LayerDefinition, type: LayerType)] = [:]
        for layer in recipes.layers.map(\.definition) where !layer.isBuildOnly {
            for type in request.layerTypes {
                let tag = type.tag(for: layer.tag)
                guard let other = owners.updateValue((layer, type), forKey: tag), other.layer.tag != layer.tag
                else { continue }
                throw Failure(
                    "\(layer.position): the \(type) image of layer \(layer.tag) and the \(other.type) image of layer "
                        + "\(other.layer.tag) (\(other.layer.position)) would have one tag: \(tag)",
                    help: "give one of the layers another name")
            }
        }
    }

    /// Looks at what the recipe puts into images: the base and what scripts find out come on top of that.
    private func refuseOversized() throws {
        var drafts: [String: ImageDraft] = [:]
        for layer in recipes.layers {
            let definition = layer.definition
            let below = layer.base.recipeLayer.flatMap { drafts[$0] }
            var draft = below ?? ImageDraft(platform: definition.platform)
            draft.apply(definition, identity)
            drafts[definition.name] = draft
            if definition.isBuildOnly { continue }
            draft.sign(identity, annotations: layer.recipe.annotations(request.annotationsNamespace))
            try attempt("\(definition.position): couldn't make an image of layer \(definition.name)") {
                try draft.refuseOversized(definition.name)
            }
        }
    }
}

extension Recipe {
    /// What an image says of the recipe that it was made of.
    func annotations(_ namespace: String) -> [String: String] {
        ["\(namespace).stacker.stacker_yaml": text, "\(namespace).stacker.stacker_version": Version.stacker]
    }
}

extension LayerDefinition {
    /// Why no registry has a repository of the layer's name; `nil` if it can have one.
    var reasonAgainstPublishing: String? {
        do {
            _ = try ImageReference("localhost/\(tag):latest")
            return nil
        } catch {
            return (error as? Failure)?.advice ?? "\(error)"
        }
    }
}
