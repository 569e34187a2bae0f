import Failure
import OCI
import Progress
import Synchronization
import Web

/// Brings images from an OCI layout to a registry.
package final class ImagePush: Sendable {
    private let client: RegistryClient
    private let source: Layout
    private let progress: any ProgressSink
    private let state: Mutex<State>

    /// What is known of the registry.
    private struct State {
        /// In which repository a blob probably is.
        var mountable: [Digest: String]
        /// What each repository has for certain.
        var present: [String: Set<Digest>] = [:]
    }

    /// Takes images from a layout.
    ///
    /// - Parameters:
    ///   - mountable: repositories of the same registry that probably have these blobs.
    ///   - progress: gets to know of each blob that is sent.
    package init(
        from source: Layout, to client: RegistryClient, mountable: [Digest: String] = [:],
        progress: any ProgressSink = NoProgress()
    ) {
        self.progress = progress
        self.source = source
        self.client = client
        state = Mutex(State(mountable: mountable))
    }

    /// Sends the blobs of an image that its repository does not have, several at a time, then the manifest.
    ///
    /// - Parameters:
    ///   - descriptor: the manifest.
    ///   - reference: where it goes, with a tag.
    package func push(_ descriptor: Descriptor, to reference: ImageReference) throws {
        let manifest = try source.manifest(descriptor)
        let bytes = try source.read(descriptor)
        let blobs = manifest.blobs.filter { !$0.mediaType.isForeignLayer }.eachOnce()
        let repository = reference.repository
        try Workers.forEach(blobs) { [self] blob, checkpoint in
            try checkpoint()
            if state.withLock({ $0.present[repository]?.contains(blob.digest) == true }) { return }
            let other = state.withLock { $0.mountable[blob.digest] }
            try client.upload(
                blob, from: source, to: repository, mountingFrom: other == repository ? nil : other,
                progress: progress)
            state.withLock {
                $0.mountable[blob.digest] = repository
                $0.present[repository, default: []].insert(blob.digest)
            }
        }
        try client.put(bytes, descriptor, as: reference)
    }
}

extension RegistryClient {
    /// Stores a manifest under a tag.
    fileprivate func put(_ bytes: [UInt8], _ descriptor: Descriptor, as reference: ImageReference) throws {
        let request = Request(
            method: .PUT, place: .path("/v2/\(reference.repository)/manifests/\(reference.manifestName)"),
            scope: Scope(repository: reference.repository, mayPush: true),
            headers: [("Content-Type", descriptor.mediaType.rawValue)], body: .bytes(bytes),
            task: "couldn't store the manifest of docker://\(reference)")
        try send({ request }) { response, body in
            guard response.isSuccess else { throw body.refusal(response) }
            try body.read { _ in }
            let stored = response["Docker-Content-Digest"].flatMap { try? Digest($0) }
            guard stored == nil || stored == descriptor.digest else {
                throw WebError.answer("the registry has stored another one than it was sent")
            }
        }
    }
}
