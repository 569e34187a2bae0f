import OCI

/// What differs between two images, from the outside in.
struct ImageDifference: Sendable {
    /// Of their manifests.
    let digests: BothSides<Digest>
    /// Members of manifest and config.
    let fields: DocumentDifference
    /// Documents with the same values and other bytes.
    var rewritten: [String]
    var layers: [LayerComparison]
    /// Whether all that differs is ignored.
    let isEqual: Bool

    /// Compares two images whose digests differ.
    init(
        _ a: ComparedImage, _ b: ComparedImage, _ finder: ReasonFinder, ignoring ignored: Set<IgnoredDifference>
    ) throws {
        digests = BothSides(a.digest, b.digest)
        let images = BothSides(a, b)
        let pairs = LayerPairing(a.layers.count, b.layers.count) { a.layers[$0].hasContent(of: b.layers[$1]) }.pairs
        layers = try pairs.map { try LayerComparison($0, images.map(\.layers), finder, ignoring: ignored) }
        var comparison = DocumentComparison(finder)
        comparison.compare(
            ignored.strip(a.manifest.without("layers", "config")),
            ignored.strip(b.manifest.without("layers", "config")), at: "manifest")
        comparison.compare(
            ignored.strip(a.manifest["config"]?.without("digest", "size")),
            ignored.strip(b.manifest["config"]?.without("digest", "size")), at: "manifest.config")
        for pair in pairs {
            guard let one = pair.a, let other = pair.b else { continue }
            comparison.compare(
                ignored.strip(a.descriptor(one, ignored)), ignored.strip(b.descriptor(other, ignored)),
                at: "manifest.layers[\(one)]")
        }
        // Which diff IDs there are follows from the layers, unless these are the same.
        let followsFromLayers = layers.contains { !$0.isEqual }
        let configs = images.map { image in
            ignored.strip(config: followsFromLayers ? image.configWithoutDiffIDs : image.config)
        }
        comparison.compare(configs.a, configs.b, at: "config")
        var fields = comparison.difference
        // Of another recipe what is new is no accident.
        if fields.fields.contains(where: { $0.reasons.contains(.recipe) }) {
            fields.forget(.randomNumber)
            for place in layers.indices { layers[place].forget(.randomNumber) }
        }
        self.fields = fields
        rewritten = []
        let areConfigsEqual = a.manifest["config"]?["digest"] == b.manifest["config"]?["digest"]
        if !areConfigsEqual, a.config == b.config { rewritten.append("config") }
        if a.manifest == b.manifest { rewritten.append("manifest") }
        isEqual = !ignored.isEmpty && fields.isEmpty && rewritten.isEmpty && !layers.contains(where: \.differs)
    }
}

extension ComparedImage {
    /// What the manifest says of a layer beside which blob it is.
    fileprivate func descriptor(_ number: Int, _ ignored: Set<IgnoredDifference>) -> JSONValue? {
        guard case .array(let list)? = manifest["layers"], list.indices.contains(number) else { return nil }
        let descriptor = list[number].without("digest", "size")
        return ignored.contains(.compression) ? descriptor.without("mediaType") : descriptor
    }

    fileprivate var configWithoutDiffIDs: JSONValue {
        var members = config.members
        members["rootfs"] = config["rootfs"]?.without("diff_ids")
        return .object(members)
    }
}
