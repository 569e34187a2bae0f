import Failure

extension Layout {
    /// The manifest of an image: the one with this tag or, where the tag names an index of several platforms, the one
    /// in it for `platform`. A plain manifest is taken whatever platform it is for.
    public func resolve(_ tag: String, for platform: Platform) throws -> (
        descriptor: Descriptor, manifest: ImageManifest
    ) {
        let index = try index()
        guard var entry = index.entry(tag: tag) else {
            let tags = index.tags
            throw Failure(
                "there is no image \(tag) in \(path)",
                help: tags.isEmpty
                    ? "the layout holds no images" : "it holds \(tags.prefix(20).joined(separator: ", "))")
        }
        // An index may hold indexes; four levels are more than anybody uses, and a cycle cannot be made by digests.
        for _ in 0..<4 where entry.mediaType.isIndex {
            let bytes = try read(entry)
            let nested = try attempt("couldn't understand index \(entry.digest) of \(path)") {
                try JSON.decode(ImageIndex.self, from: bytes)
            }
            entry = try nested.require(platform, in: "\(tag) in \(path)")
        }
        guard entry.mediaType.isManifest else {
            throw Failure("\(tag) in \(path) is no image: its media type is \(entry.mediaType)")
        }
        return (entry, try manifest(entry))
    }
}

extension ImageIndex {
    /// The entry for a platform.
    ///
    /// - Parameter name: how a message names the image.
    /// - Throws: `Failure` that lists the platforms that there are.
    public func require(_ platform: Platform, in name: String) throws -> Descriptor {
        guard let choice = choose(for: platform) else {
            let offered = manifests.compactMap(\.platform).map { "\($0.os)/\($0.architecture)" }
            throw Failure(
                "\(name) has no image for \(platform.os)/\(platform.architecture)",
                help: "it has \(offered.prefix(20).joined(separator: ", ")); choose with os: and arch:")
        }
        return choice
    }

    /// The entry for a platform: the one without a variant, or the first.
    func choose(for platform: Platform) -> Descriptor? {
        let fitting = manifests.filter {
            $0.platform?.os == platform.os && $0.platform?.architecture == platform.architecture
        }
        return fitting.first { $0.platform?.variant == platform.variant } ?? fitting.first
    }
}

extension MediaType {
    /// An OCI index or Docker's manifest list.
    public var isIndex: Bool {
        self == .index || self == .dockerManifestList
    }

    /// An OCI manifest or Docker's, schema 2.
    public var isManifest: Bool {
        self == .manifest || self == .dockerManifest
    }
}
