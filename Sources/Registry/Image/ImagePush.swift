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
    private let bring: (@Sendable (Descriptor) throws -> Void)?
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
    ///   - bring: sees that the layout has a blob; `nil` if it has all. A blob that is mounted need not be there.
    package init(
        from source: Layout, to client: RegistryClient, mountable: [Digest: String] = [:],
        progress: any ProgressSink = NoProgress(), bring: (@Sendable (Descriptor) throws -> Void)? = nil
    ) {
        self.progress = progress
        self.bring = bring
        self.source = source
        self.client = client
        state = Mutex(State(mountable: mountable))
    }

    /// Sends the blobs of an image that its repository does not have, several at a time, then the manifest. Of an index, all
    /// images that it names, and then the index.
    ///
    /// - Parameters:
    ///   - descriptor: the manifest, or the index.
    ///   - reference: where it goes, with a tag.
    package func push(_ descriptor: Descriptor, to reference: ImageReference) throws {
        try sendParts(of: descriptor, to: reference)
        try client.put(source.read(descriptor), descriptor, as: reference)
    }

    /// The same into the index that the reference names: the images for the platforms of this one, or of this index, take the
    /// places of those that are there for the same platforms; all others stay. A plain image there becomes one of the index;
    /// where there is nothing, an index begins.
    ///
    /// Registries have no way to change an index, only to store another one: two who do so at the same time can undo each
    /// other's work. So it is looked at again after a moment, and done again if it has gone.
    ///
    /// - Returns: the index that the reference names from then on.
    /// - Throws: `Failure` also if somebody else's index was there each time.
    package func push(_ descriptor: Descriptor, intoIndex reference: ImageReference) throws -> ImageIndex {
        try sendParts(of: descriptor, to: reference)
        let entries = try source.entries(of: descriptor)
        // One image is stored under its digest; of an index, only what it names is needed there.
        if try source.index(of: descriptor) == nil { try sendMember(descriptor, to: reference) }
        return try client.updateIndex(reference, with: entries)
    }

    /// Sends what a manifest or index names.
    private func sendParts(of descriptor: Descriptor, to reference: ImageReference) throws {
        let parts = try ImageParts(of: descriptor, in: source)
        let repository = reference.repository
        try Workers.forEach(parts.blobs.filter { !$0.mediaType.isForeignLayer }) { [self] blob, checkpoint in
            try checkpoint()
            if state.withLock({ $0.present[repository]?.contains(blob.digest) == true }) { return }
            let other = state.withLock { $0.mountable[blob.digest] }
            try client.upload(
                blob, from: source, to: repository, mountingFrom: other == repository ? nil : other,
                progress: progress, bring: bring)
            state.withLock {
                $0.mountable[blob.digest] = repository
                $0.present[repository, default: []].insert(blob.digest)
            }
        }
        for member in parts.members { try sendMember(member, to: reference) }
    }

    /// Stores what an index names under its digest.
    private func sendMember(_ member: Descriptor, to reference: ImageReference) throws {
        let repository = reference.repository
        if state.withLock({ $0.present[repository]?.contains(member.digest) == true }) { return }
        let bytes = try source.read(member)
        var member = member
        // An index may be mistaken.
        member.mediaType = try MediaType(ofManifest: bytes, called: member.mediaType)
        try client.put(bytes, member, as: reference, named: "\(member.digest)")
        state.withLock { _ = $0.present[repository, default: []].insert(member.digest) }
    }
}
