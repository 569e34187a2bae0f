import Failure

extension Layout {
    /// The manifest of an image: the one with this tag or, where the tag names an index of several platforms, the one
    /// in it for `platform`. A plain manifest is taken whatever platform it is for.
    ///
    /// - Returns: the manifest, and its descriptor as it should be: indexes get media types wrong.
    package func resolve(_ tag: String, for platform: Platform) throws -> (
        descriptor: Descriptor, manifest: ImageManifest
    ) {
        var entry = try requireEntry(tag)
        // An index may hold indexes; four levels are more than anybody uses, and a cycle cannot be made by digests.
        for _ in 0..<Self.depth {
            let bytes = try read(entry)
            entry.mediaType = try attempt("couldn't use \(shown(tag)) of \(path)") {
                try MediaType(ofManifest: bytes, called: entry.mediaType)
            }
            guard entry.mediaType.isIndex else { break }
            let nested = try decode(ImageIndex.self, from: bytes, of: entry, "index")
            var search = PlatformSearch(layout: self)
            entry = try nested.require(platform, in: "\(shown(tag)) in \(path)") {
                try search.platforms(of: $0, Self.depth)
            }
        }
        guard entry.mediaType.isManifest else {
            throw Failure("\(shown(tag)) in \(path) is no image: it is \(entry.mediaType.inWords)")
        }
        return (entry, try manifest(entry))
    }

    private static let depth = 4

    private func requireEntry(_ tag: String) throws -> Descriptor {
        if let entry = try entry(tag: tag) { return entry }
        let index = try index()
        if let foreign = index.foreign.last(where: { $0.hasTag(tag) }) {
            // Which says what is wrong with it.
            _ = try attempt("couldn't use \(shown(tag)) of \(path)") { try Digest(foreign.digest) }
        }
        let tags = index.tags
        throw Failure(
            "there is no image \(shown(tag)) in \(path)",
            help: tags.isEmpty
                ? "the layout holds no images"
                : "it holds \(tags.prefix(20).map { shown($0) }.joined(separator: ", "))")
    }

    private func decode<Value: Decodable>(
        _ type: Value.Type, from bytes: [UInt8], of descriptor: Descriptor, _ what: String
    ) throws -> Value {
        try attempt("couldn't understand \(what) \(descriptor.digest) of \(path)") {
            try JSON.decode(type, from: bytes)
        }
    }
}

extension ImageIndex {
    /// The entry for a platform.
    ///
    /// - Parameters:
    ///   - name: how a message names the image.
    ///   - platforms: finds out for which platforms an entry is that does not say so.
    /// - Throws: `Failure` that lists the platforms that there are; what `platforms` throws.
    package func require(
        _ platform: Platform, in name: String, platforms: (Descriptor) throws -> [Platform] = { _ in [] }
    ) throws -> Descriptor {
        let images = manifests.filter { !$0.isAttestation }
        if let choice = Self.choose(images, platform) { return choice }
        let silent = images.filter { $0.platform == nil }
        var offered = images.compactMap(\.platform)
        for entry in silent {
            let found = try platforms(entry)
            if found.contains(where: platform.takes) { return entry }
            offered += found
        }
        // The only one there is: as good as a plain manifest.
        if images.count == 1, let only = silent.first { return only }
        throw Failure(
            "\(name) has no image for \(platform)",
            help: offered.isEmpty
                ? "its entries do not say which platforms they are for"
                : "it has \(offered.prefix(20).map { shown("\($0)") }.joined(separator: ", "))")
    }

    /// The entry for a platform: the one of that very variant, one that is known by another name, or the first.
    private static func choose(_ images: [Descriptor], _ platform: Platform) -> Descriptor? {
        let fitting = images.filter { $0.platform.map(platform.takes) == true }
        return fitting.first { $0.platform?.variant == platform.variant }
            ?? fitting.first { $0.platform?.normalized.variant == platform.normalized.variant } ?? fitting.first
    }
}

extension Descriptor {
    /// What BuildKit says of another entry of the same index, in the form of a manifest.
    var isAttestation: Bool {
        annotations?["vnd.docker.reference.type"] != nil
            || platform.map { $0.os == "unknown" && $0.architecture == "unknown" } == true
    }
}

extension MediaType {
    /// An OCI index or Docker's manifest list.
    package var isIndex: Bool {
        self == .index || self == .dockerManifestList
    }

    /// An OCI manifest or Docker's, schema 2.
    package var isManifest: Bool {
        self == .manifest || self == .dockerManifest
    }

    /// What a blob is that stands where manifests stand. Its members decide: who lists it may be mistaken.
    ///
    /// - Parameter type: what it is called where it is listed; it counts for what is neither an index nor a manifest.
    /// - Throws: `Failure` for one that can be read as both, or is not what it says.
    package init(ofManifest bytes: [UInt8], called type: MediaType) throws {
        guard let shape = try? JSON.decode(ManifestShape.self, from: bytes) else {
            self = type
            return
        }
        let own = shape.mediaType.map(MediaType.init(rawValue:))
        switch (shape.manifests != nil, shape.layers != nil || shape.config != nil) {
        case (true, true): throw Failure("it is an index and an image at once")
        case (true, false) where own?.isManifest == true: throw Failure("it is an index that says it is an image")
        case (false, true) where own?.isIndex == true: throw Failure("it is an image that says it is an index")
        case (true, false): self = [own, type].compactMap(\.self).first(where: \.isIndex) ?? .index
        case (false, true): self = [own, type].compactMap(\.self).first(where: \.isManifest) ?? .manifest
        case (false, false): self = own ?? type
        }
    }
}

private struct ManifestShape: Decodable {
    var mediaType: String?
    var manifests: [Part]?
    var layers: [Part]?
    var config: Part?

    struct Part: Decodable {}
}
