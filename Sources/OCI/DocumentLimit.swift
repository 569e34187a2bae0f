import Failure

extension Layout {
    /// The most bytes of a manifest, an index or a config that are read into memory: as many as registries must take.
    ///
    /// [distribution-spec, "Pushing manifests"](https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-manifests)
    package static let documentLimit = Limit.manifest

    /// - Throws: `Failure` for a document that is not going to be read.
    static func refuseOversized(_ descriptor: Descriptor) throws {
        guard descriptor.size > documentLimit else { return }
        throw Failure(
            "it has \(descriptor.size) bytes, and a manifest or config may have \(documentLimit)",
            help: "have the image made anew, with less in its labels and annotations")
    }
}
