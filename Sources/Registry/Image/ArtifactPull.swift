import Failure
import OCI
import Progress
import Web

/// Brings something that is no image from a registry into an OCI layout.
package struct ArtifactPull: Sendable {
    private let client: RegistryClient
    private let reference: ImageReference
    private let progress: any ProgressSink

    /// An artifact that is to be had.
    package struct Found: Sendable {
        /// The digest of its manifest.
        package let digest: Digest
        /// Its manifest.
        package let manifest: ArtifactManifest

        /// Puts it together.
        package init(digest: Digest, manifest: ArtifactManifest) { (self.digest, self.manifest) = (digest, manifest) }
    }

    /// What the reference names is asked of the registry.
    ///
    /// - Parameter progress: gets to know of each blob.
    package init(_ reference: ImageReference, from client: RegistryClient, progress: any ProgressSink = NoProgress()) {
        self.progress = progress
        self.reference = reference
        self.client = client
    }

    /// Whether the reference names anything: one HEAD.
    package func exists() throws -> Bool {
        try client.unlessMissing { _ = try client.manifestDigest(reference) } != nil
    }

    /// Gets the manifest; nothing is known of what it names.
    ///
    /// - Returns: `nil` if the registry has none, or no such repository.
    package func find() throws -> Found? {
        guard let remote = try client.manifestIfThere(reference) else { return nil }
        return try attempt("couldn't use docker://\(reference)") {
            guard remote.mediaType == .manifest else {
                throw Failure("it is no artifact: its media type is \(shown(remote.mediaType.rawValue))")
            }
            return Found(digest: remote.digest, manifest: try JSON.decode(ArtifactManifest.self, from: remote.bytes))
        }
    }

    /// Gets those blobs that a layout does not hold, several at a time.
    package func fetch(_ blobs: [Descriptor], into writer: LayoutWriter) throws {
        let missing = try blobs.filter { try !writer.layout.holds($0) }.eachOnce()
        try Workers.forEach(missing) { [client, reference, progress] blob, checkpoint in
            try client.download(
                blob, of: reference.repository, to: writer, progress: progress, checkpoint: checkpoint)
        }
    }
}
