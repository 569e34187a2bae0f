import Failure
import OCI
import Web

extension RegistryClient {
    /// Stores a manifest or an index.
    ///
    /// [Pushing Manifests](https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-manifests)
    ///
    /// - Parameter name: its digest, where it is to have no tag.
    func put(
        _ bytes: [UInt8], _ descriptor: Descriptor, as reference: ImageReference, named name: String? = nil
    ) throws {
        let request = Request(
            method: .PUT, place: .path("/v2/\(reference.repository)/manifests/\(name ?? reference.manifestName)"),
            scope: Scope(repository: reference.repository, mayPush: true),
            headers: [("Content-Type", descriptor.mediaType.rawValue)], body: .bytes(bytes),
            task: "couldn't store the manifest of docker://\(reference)")
        for attempt in 1... {
            do {
                return try send({ request }) { response, body in
                    guard response.isSuccess else { throw body.refusal(response) }
                    try body.read { _ in }
                    let stored = response["Docker-Content-Digest"].flatMap { try? Digest($0) }
                    guard stored == nil || stored == descriptor.digest else {
                        throw WebError.answer("the registry has stored another one than it was sent")
                    }
                }
            } catch  where attempt < Self.mostAttempts && error.isOfBlobOnItsWay {
                try web.wait(web.settings.retryDelay)
            }
        }
    }

    /// How often a manifest is sent whose blobs somebody else is sending at the same time.
    private static let mostAttempts = 4
}

extension Error {
    /// Docker's registry notes which blobs a repository has in files that it doesn't replace but write: whoever asks at that
    /// moment, for the manifest of another image with that blob, is told that the digest is none.
    fileprivate var isOfBlobOnItsWay: Bool {
        guard case .status(400, let text)? = (self as? Failure)?.rootCause as? WebError ?? self as? WebError else {
            return false
        }
        return text.contains("DIGEST_INVALID")
    }
}
