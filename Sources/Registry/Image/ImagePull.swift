import Failure
import OCI
import Progress

/// Brings images from a registry into an OCI layout.
package struct ImagePull: Sendable {
    private let client: RegistryClient
    private let reference: ImageReference

    /// An image that is to be had.
    package struct Found: Sendable {
        /// What the reference names in the registry: a manifest, or an index of several platforms.
        package let source: Digest
        /// The manifest for the platform, in the OCI's terms, and its bytes.
        package let descriptor: Descriptor
        /// The image.
        package let manifest: ImageManifest
        fileprivate let bytes: [UInt8]
        /// The manifest as the registry has it, which may be in Docker's terms.
        package let original: [UInt8]
    }

    /// What the reference names is asked of the registry.
    package init(_ reference: ImageReference, from client: RegistryClient) {
        self.reference = reference
        self.client = client
    }

    /// Which manifest or index the reference names now; one HEAD, or nothing at all where the reference has a digest.
    ///
    /// - Returns: `nil` if the registry does not say.
    package func source() throws -> Digest? {
        try reference.digest ?? client.manifestDigest(reference)
    }

    /// Gets the manifest for a platform. A plain manifest is taken whatever platform it is for.
    package func find(_ platform: Platform) throws -> Found {
        var manifest = try client.manifest(reference)
        let source = manifest.digest
        // An index may hold indexes; four levels are more than anybody uses.
        for _ in 0..<4 where manifest.mediaType.isIndex {
            let bytes = manifest.bytes
            let index = try attempt("couldn't understand the index docker://\(reference)") {
                try JSON.decode(ImageIndex.self, from: bytes)
            }
            manifest = try client.manifest(index.require(platform, in: "docker://\(reference)"), of: reference)
        }
        return try attempt("couldn't use docker://\(reference)") { try found(manifest, source) }
    }

    private func found(_ remote: RemoteManifest, _ source: Digest) throws -> Found {
        if remote.mediaType == .dockerManifestSchema1 {
            throw Failure(
                "the registry has it as a manifest of Docker's schema 1, which is obsolete",
                help: "push the image again with a newer program")
        }
        guard remote.mediaType.isManifest else {
            let type = remote.mediaType.rawValue
            throw Failure(
                "it is no image: " + (type.isEmpty ? "it has no media type" : "its media type is \(shown(type))"))
        }
        var original = try JSON.decode(ImageManifest.self, from: remote.bytes)
        if remote.mediaType == .dockerManifest { original.mediaType = .dockerManifest }
        let manifest = try original.converted()
        // An image of the OCI's stays as it is to the byte: its digest may be known elsewhere.
        let bytes = original == manifest ? remote.bytes : try JSON.encode(manifest)
        let descriptor = Descriptor(mediaType: .manifest, digest: Digest(of: bytes), size: Int64(bytes.count))
        return Found(source: source, descriptor: descriptor, manifest: manifest, bytes: bytes, original: remote.bytes)
    }

    /// Gets the config of an image into a layout.
    package func fetchConfig(
        _ found: Found, into writer: LayoutWriter, progress: any ProgressSink = NoProgress()
    ) throws -> ImageConfig {
        try client.download(found.manifest.config, of: reference.repository, to: writer, progress: progress)
        return try writer.layout.config(found.manifest)
    }

    /// Gets everything of an image that a layout does not hold, several blobs at a time, the manifest last.
    ///
    /// - Parameters:
    ///   - wanted: whether a blob is fetched; all of them, unless somebody wants a part of the image.
    ///   - keepsParts: whether what came of a blob that did not come to its end stays, for another pull. Somebody has to
    ///     remove what no other goes on with: ``Layout/removeOldParts()``.
    ///   - progress: gets to know of each blob.
    ///   - alone: calls what it is given, which brings this blob if it is not there: where another pull brings the same one,
    ///     when that has ended. It calls the checkpoint while it waits.
    ///   - arriving: gets each blob that begins to come. It must not wait: the blob would.
    ///   - checkpoint: called with every piece of a blob; what it throws ends the pull.
    package func fetch(
        _ found: Found, only wanted: (Descriptor) -> Bool = { _ in true }, into writer: LayoutWriter, keepsParts: Bool,
        progress: any ProgressSink = NoProgress(),
        alone:
            @escaping @Sendable (
                _ blob: Digest, _ checkpoint: () throws -> Void, _ bring: () throws -> Void
            ) throws -> Void = { try $2() },
        arriving: @escaping @Sendable (ArrivingBlob) -> Void = { _ in },
        checkpoint: @escaping @Sendable () throws -> Void = {}
    ) throws {
        let missing = try found.manifest.blobs.filter { try wanted($0) && !writer.layout.holds($0) }.eachOnce()
        try Workers.forEach(missing) { [client, reference] blob, othersAreFine in
            func mayGoOn() throws {
                try othersAreFine()
                try checkpoint()
            }
            do {
                try alone(blob.digest, mayGoOn) {
                    try client.download(
                        blob, of: reference.repository, to: writer, keepsPart: keepsParts, progress: progress,
                        arriving: arriving, checkpoint: mayGoOn)
                }
            } catch {
                throw blob.refusedAsForeign(because: error)
            }
        }
        _ = try writer.put(found.bytes, .manifest)
    }
}
