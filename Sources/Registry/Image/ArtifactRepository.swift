import Failure
import OCI
import Synchronization
import Web

/// A repository as a whole: which tags it has, what they name, and how that is deleted.
package struct ArtifactRepository: Sendable {
    private let client: RegistryClient
    private let place: ImageReference

    /// What a tag names.
    package enum Content: Sendable {
        /// A manifest that can be read as an artifact's, with its digest and its length in bytes. It may be an image's.
        case artifact(ArtifactManifest, Digest, size: Int64)
        /// Something else, as an index.
        case other(Digest)
        /// Something that the registry does not give as it should.
        case unreadable(Failure)
    }

    /// - Parameter place: anything in the repository.
    package init(of place: ImageReference, at client: RegistryClient) {
        (self.place, self.client) = (place, client)
    }

    /// All tags, each once; what the registry says may be none by the specification.
    ///
    /// - Returns: `nil` if there is no such repository.
    package func tags() throws -> [String]? { try client.tags(of: place.repository) }

    /// What tags name, one GET for each, several at a time. Those that name nothing any more are left out.
    package func contents(of tags: [String]) throws -> [String: Content] {
        try each(of: tags) { tag in try content(of: reference(tag)) }
    }

    /// Which manifests tags name, one HEAD for each, several at a time. Those that name nothing any more are left out.
    package func digests(of tags: [String]) throws -> [String: Digest] {
        try each(of: tags) { tag in
            let reference = try reference(tag)
            // Some registries say it only with the manifest.
            let digest = try client.unlessMissing { try client.manifestDigest(reference) }
            guard let said = digest else { return nil }
            return try said ?? client.manifestIfThere(reference)?.digest
        }
    }

    /// Small blobs that artifacts name, no longer than a manifest may be, several at a time. Those that are not there, or
    /// not as they should be, are left out.
    package func blobs(_ blobs: [Descriptor]) throws -> [Digest: [UInt8]] {
        let contents = try each(of: blobs) { blob in
            try unlessUnreadable { try client.unlessMissing { try client.content(of: blob, in: place.repository) } }
                ?? nil
        }
        return Dictionary(contents.map { ($0.digest, $1) }) { one, _ in one }
    }

    /// Stores artifacts whose blobs the repository has, each under its tag, several at a time.
    package func put(_ artifacts: [String: ArtifactManifest]) throws {
        _ = try each(of: Array(artifacts.keys)) { tag in
            try artifacts[tag].map { try client.put($0, as: reference(tag)) }
        }
    }

    /// Deletes manifests with all their tags, several at a time.
    ///
    /// - Parameter deleted: gets each when that is done; `wasThere` is false for one that somebody else has deleted.
    package func delete(
        _ digests: [Digest], deleted: @escaping @Sendable (_ digest: Digest, _ wasThere: Bool) -> Void
    ) throws {
        try Workers.forEach(digests) { [client, place] digest, checkpoint in
            try checkpoint()
            deleted(digest, try client.delete(digest, of: place.repository))
        }
    }

    private func reference(_ tag: String) throws -> ImageReference {
        try ImageReference("\(place.registry)/\(place.repository):\(tag)")
    }

    private func content(of reference: ImageReference) throws -> Content? {
        var reason: Failure?
        let remote = try unlessUnreadable({ reason = $0 }) { try client.manifestIfThere(reference) }
        if let reason { return .unreadable(reason) }
        guard let remote = remote ?? nil else { return nil }
        guard remote.mediaType == .manifest,
            let manifest = try? JSON.decode(ArtifactManifest.self, from: remote.bytes)
        else { return .other(remote.digest) }
        return .artifact(manifest, remote.digest, size: Int64(remote.bytes.count))
    }

    /// - Parameter note: gets to know what is wrong with an answer that can't be used.
    /// - Returns: `nil` for such an answer.
    private func unlessUnreadable<Result>(_ note: (Failure) -> Void = { _ in }, _ ask: () throws -> Result) throws
        -> Result?
    {
        do {
            return try ask()
        } catch let failure as Failure {
            guard case .answer? = failure.rootCause as? WebError else { throw failure }
            note(failure)
            return nil
        }
    }

    private func each<Question: Hashable & Sendable, Result: Sendable>(
        of questions: [Question], _ ask: @escaping @Sendable (Question) throws -> Result?
    ) throws -> [Question: Result] {
        let results = Mutex<[Question: Result]>([:])
        try Workers.forEach(questions) { question, checkpoint in
            try checkpoint()
            guard let result = try ask(question) else { return }
            results.withLock { $0[question] = result }
        }
        return results.withLock { $0 }
    }
}

extension RegistryClient {
    /// Stores an artifact whose blobs the repository has.
    package func put(_ artifact: ArtifactManifest, as reference: ImageReference) throws {
        let bytes = try JSON.encode(artifact)
        let descriptor = Descriptor(mediaType: .manifest, digest: Digest(of: bytes), size: Int64(bytes.count))
        try put(bytes, descriptor, as: reference)
    }
}
