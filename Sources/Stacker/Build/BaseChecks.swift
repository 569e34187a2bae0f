import Failure

extension LayerBuild {
    /// Tells the user what a base says that the image on it can't be true to.
    func sayWhatBaseSays(_ base: BuildBase) {
        guard let image = base.metadata.anyImage, !image.layers.isEmpty else { return }
        let definition = layer.definition
        let (own, other) = (definition.platform, image.config.platform)
        if !other.os.isEmpty, !other.architecture.isEmpty, !own.takes(other), definition.asked == nil {
            log.warn(
                "\(definition.position(of: .architecture)): layer \(definition.name) is for \(own), and its base says that "
                    + "it is for \(shown("\(other)")): its files stay what they are; write os: \(shown(other.os)) and arch: "
                    + "\(shown(other.architecture)), or take a base for \(own)")
        }
        if case .array(let triggers)? = image.config.config?.others["OnBuild"], !triggers.isEmpty,
            layer.base.recipeLayer == nil
        {
            log.warn(
                "\(definition.position(of: .from)): the base of layer \(definition.name) has ONBUILD instructions "
                    + "(\(triggers.count)), which stacker does not run; they stay in the image, for builds from a Dockerfile"
            )
        }
    }

    /// Refuses an image that would say too much, before time is spent on it.
    ///
    /// - Parameter labels: those that scripts have found out.
    func refuseOversized(_ base: BuildBase, labels: [(name: String, value: String)]) throws {
        guard let type = request.layerTypes.first, let image = base.metadata.images[type] else { return }
        var draft = ImageDraft(image)
        draft.add(labels: labels)
        draft.apply(layer.definition, context.identity)
        if !layer.definition.isBuildOnly {
            draft.sign(context.identity, annotations: recipe.annotations(request.annotationsNamespace))
        }
        try attempt("\(layer.definition.position): couldn't make an image of layer \(layer.definition.name)") {
            try draft.refuseOversized(layer.definition.name)
        }
    }
}
