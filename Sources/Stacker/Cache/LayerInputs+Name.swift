import Layers

extension LayerInputs {
    /// What an input is called: in the sentence `cache miss because … was changed`, and in the files of caches, so that a
    /// name that changes empties them. Files may have names of other versions.
    struct Name: RawRepresentable, Sendable, Hashable {
        let rawValue: String
    }
}

extension LayerInputs.Name {
    /// What the recipe says of the layer; its part is the key.
    static let definition = Self(rawValue: "layer definition")
    /// What the layer is built on.
    static let base = Self(rawValue: "base layer")
    /// The time that nothing in the image may be later than.
    static let epoch = Self(rawValue: "SOURCE_DATE_EPOCH")
    /// The content of an import; its part is the import's path.
    static let importContent = Self(rawValue: "import content")
    /// The content of an overlay dir; its part is the directory's path.
    static let overlayDirectoryContent = Self(rawValue: "overlay_dir content")
    /// Whether layers that can have a dm-verity tree have one.
    static let verity = Self(rawValue: "verity")
    /// What stacker's own annotations begin with.
    static let annotationsNamespace = Self(rawValue: "annotations namespace")
    /// There if build_only layers are merged into the layer.
    static let collapse = Self(rawValue: "collapse_build_only")

    /// How layers of a type are compressed.
    static func compression(of type: LayerType) -> Self {
        Self(rawValue: type == .tar ? "compression" : "\(type.rawValue) compression")
    }

    /// Those that only say how a layer is written: whoever publishes one takes it as it was written.
    static let waysOfWriting = Set(LayerType.allCases.map(compression) + [.verity, .annotationsNamespace, .epoch])
}
