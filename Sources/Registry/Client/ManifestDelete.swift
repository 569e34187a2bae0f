import Failure
import OCI
import Web

extension RegistryClient {
    /// Deletes a manifest, and with it all tags that name it. Blobs stay, until the registry itself removes those that no
    /// manifest names.
    ///
    /// [distribution-spec, "Deleting Manifests"](https://github.com/opencontainers/distribution-spec/blob/main/spec.md#deleting-manifests)
    ///
    /// - Returns: false if there was none any more.
    /// - Throws: `Failure` that says what to do where the registry lets nobody delete.
    func delete(_ digest: Digest, of repository: String) throws -> Bool {
        let request = Request(
            method: .DELETE, place: .path("/v2/\(repository)/manifests/\(digest)"),
            scope: Scope(repository: repository, mayDelete: true),
            task: "couldn't delete manifest \(digest) of \(registry)/\(repository)")
        return try send({ request }) { response, body in
            if response.status == 404 {
                try body.read { _ in }
                return false
            }
            guard !response.isSuccess else {
                try body.read { _ in }
                return true
            }
            let refusal = body.refusal(response)
            guard refusal.isOfUnsupported else { throw refusal }
            throw Failure(
                "the registry lets nobody delete", because: refusal,
                help: "it is for its owner to allow, of docker-registry by REGISTRY_STORAGE_DELETE_ENABLED=true; "
                    + "where it can't be, see what rules for old tags the registry has itself")
        }
    }
}

extension WebError {
    /// Whether the registry has no such thing as what was asked of it.
    fileprivate var isOfUnsupported: Bool {
        guard case .status(let code, let text) = self else { return false }
        return [405, 501].contains(code) || text.contains("UNSUPPORTED")
    }
}
