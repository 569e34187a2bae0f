import Failure

extension ImageIndex {
    /// Puts entries in the places of those for the same platforms; one for a platform that there is no entry for is appended.
    /// All others stay where they are, as they are. An entry that does not say its platform is for none.
    ///
    /// What BuildKit says of an image goes with it, and comes with the new one.
    ///
    /// - Returns: whether anything has changed.
    package mutating func update(with entries: [Descriptor]) -> Bool {
        let before = self
        for entry in entries {
            guard let platform = entry.platform, !entry.isAttestation else {
                if !manifests.contains(where: { $0.digest == entry.digest }) { manifests.append(entry) }
                continue
            }
            let places = manifests.indices.filter { place in
                !manifests[place].isAttestation && manifests[place].platform?.isSame(as: platform) == true
            }
            let replaced = places.map { manifests[$0].digest }.filter { $0 != entry.digest }
            if let first = places.first {
                if manifests[first].digest != entry.digest { manifests[first] = entry }
                for place in places.dropFirst().reversed() { removeManifest(at: place) }
            } else {
                manifests.append(entry)
            }
            removeAttestations(of: replaced)
        }
        return self != before
    }

    /// Whether each of these has its entry, for its platform.
    package func holds(_ entries: [Descriptor]) -> Bool {
        entries.allSatisfy { entry in
            manifests.contains { own in
                own.digest == entry.digest
                    && (entry.platform.map { own.platform?.isSame(as: $0) == true } ?? (own.platform == nil))
            }
        }
    }

    /// Its images, without what is said of them.
    package var images: [Descriptor] { manifests.filter { !$0.isAttestation } }

    /// The platforms of its images, the first twenty, each as it is written there, for a message.
    package var platformsInWords: String {
        images.prefix(20).map { $0.platform?.description ?? "an unknown platform" }
            .joined(separator: ", ")
    }

    private mutating func removeAttestations(of digests: [Digest]) {
        let gone = Set(digests.map(\.description)).subtracting(images.map(\.digest.description))
        for place in manifests.indices.reversed() where manifests[place].isAttestation {
            let subject = manifests[place].annotations?["vnd.docker.reference.digest"]
            if let subject, gone.contains(subject) { removeManifest(at: place) }
        }
    }
}

extension Platform {
    /// Whether both name one platform, whichever names they use: system, its version where one is said, processor, and the
    /// variant of that. As image-spec and containerd have it, arm64/v8 is arm64, and arm/v7 is arm: see ``normalized``.
    package func isSame(as other: Platform) -> Bool {
        isSameKind(as: other) && normalized.variant == other.normalized.variant
            && others["os.version"] == other.others["os.version"]
    }
}

extension Descriptor {
    /// The entry of an index for an image, which says its platform as the config does.
    ///
    /// - Throws: `Failure` if the config does not say it.
    package func entry(for config: ImageConfig) throws -> Descriptor {
        guard !config.platform.os.isEmpty, !config.platform.architecture.isEmpty else {
            throw Failure(
                "its config does not say which platform it is for",
                help: "build it anew, or put it where no index is to have it")
        }
        // No tag, and nothing else that was said of it where it is.
        var entry = Descriptor(mediaType: mediaType, digest: digest, size: size, platform: config.platform)
        for name in ["os.version", "os.features"] { entry.platform?.others[name] = config.others[name] }
        return entry
    }
}

extension Layout {
    /// An image, or an index of images, as the entries of an index, each with its platform.
    ///
    /// - Throws: `Failure` if it can't be read, or one does not say its platform.
    package func entries(of descriptor: Descriptor) throws -> [Descriptor] {
        guard let index = try index(of: descriptor) else { return [try entry(of: descriptor)] }
        var entries = ImageIndex()
        // Of two for one platform one has a place there.
        _ = try entries.update(
            with: index.manifests.map { $0.platform == nil && !$0.isAttestation ? try entry(of: $0) : $0 })
        return entries.manifests
    }

    private func entry(of image: Descriptor) throws -> Descriptor {
        try attempt("couldn't put image \(image.digest) of \(path) into an index") {
            try image.entry(for: config(manifest(image)))
        }
    }

    /// The index that a descriptor names; `nil` if it names an image.
    package func index(of descriptor: Descriptor) throws -> ImageIndex? {
        let bytes = try read(descriptor)
        return try attempt("couldn't use \(descriptor.digest) of \(path)") {
            let type = try MediaType(ofManifest: bytes, called: descriptor.mediaType)
            return type.isIndex ? try JSON.decode(ImageIndex.self, from: bytes) : nil
        }
    }
}
