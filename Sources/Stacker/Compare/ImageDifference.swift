import OCI

/// What differs between two images, from the outside in.
struct ImageDifference: Sendable {
    /// Of their manifests.
    let digests: BothSides<Digest>
    /// Members of manifest and config.
    var fields: [FieldDifference]
    /// Documents with the same values and other bytes.
    var rewritten: [String]
    var layers: [LayerComparison]

    /// Compares two images whose digests differ.
    init(_ a: ComparedImage, _ b: ComparedImage, _ finder: ReasonFinder) throws {
        digests = BothSides(a.digest, b.digest)
        let images = BothSides(a, b)
        let pairs = LayerPairing(a.layers.count, b.layers.count) { a.layers[$0].hasContent(of: b.layers[$1]) }.pairs
        layers = try pairs.map { try LayerComparison($0, images.map(\.layers), finder) }
        var comparison = DocumentComparison(finder)
        comparison.compare(
            a.manifest.without("layers", "config"), b.manifest.without("layers", "config"), at: "manifest")
        comparison.compare(
            a.manifest["config"]?.without("digest", "size"), b.manifest["config"]?.without("digest", "size"),
            at: "manifest.config")
        for pair in pairs {
            guard let one = pair.a, let other = pair.b else { continue }
            comparison.compare(a.descriptor(one), b.descriptor(other), at: "manifest.layers[\(one)]")
        }
        // Which diff IDs there are follows from the layers, unless these are the same.
        let followsFromLayers = layers.contains { !$0.isEqual }
        let configs = images.map { followsFromLayers ? $0.configWithoutDiffIDs : $0.config }
        comparison.compare(configs.a, configs.b, at: "config")
        fields = comparison.differences
        rewritten = []
        let areConfigsEqual = a.manifest["config"]?["digest"] == b.manifest["config"]?["digest"]
        if !areConfigsEqual, a.config == b.config { rewritten.append("config") }
        if a.manifest == b.manifest { rewritten.append("manifest") }
    }
}

extension ComparedImage {
    /// What the manifest says of a layer beside which blob it is.
    fileprivate func descriptor(_ number: Int) -> JSONValue? {
        guard case .array(let list)? = manifest["layers"], list.indices.contains(number) else { return nil }
        return list[number].without("digest", "size")
    }

    fileprivate var configWithoutDiffIDs: JSONValue {
        var members = config.members
        members["rootfs"] = config["rootfs"]?.without("diff_ids")
        return .object(members)
    }
}
