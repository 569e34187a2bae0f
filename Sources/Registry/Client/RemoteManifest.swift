import Failure
import OCI
import Web

/// A manifest or an index as a registry has it.
struct RemoteManifest: Sendable {
    var digest: Digest
    var mediaType: MediaType
    var bytes: [UInt8]
}

extension RegistryClient {
    /// Longer manifests are refused: registries don't take them either.
    private static let manifestLimit = 4 << 20

    /// What we can read, and what we want to be told of by its name.
    private static let accepted = [
        MediaType.index, .manifest, .dockerManifestList, .dockerManifest, .dockerManifestSchema1,
    ].map(\.rawValue).joined(separator: ", ")

    private func request(_ reference: ImageReference, _ name: String) -> Request {
        Request(
            place: .path("/v2/\(reference.repository)/manifests/\(name)"),
            scope: Scope(repository: reference.repository), headers: [("Accept", Self.accepted)],
            task: "couldn't get the manifest of docker://\(reference)")
    }

    /// Asks which manifest a tag names at the moment: one HEAD.
    ///
    /// - Returns: `nil` if the registry does not say.
    func manifestDigest(_ reference: ImageReference) throws -> Digest? {
        var request = request(reference, reference.manifestName)
        request.method = .HEAD
        return try send({ request }) { response, body in
            try body.read { _ in }
            switch response.status {
            case 200..<300: return try response.requireWhole()["Docker-Content-Digest"].flatMap { try? Digest($0) }
            case 405: return nil
            default: throw Self.error(response, body, reference)
            }
        }
    }

    /// Gets the manifest that a reference names.
    ///
    /// - Throws: `Failure` also for one that has not the digest that it should have.
    func manifest(_ reference: ImageReference) throws -> RemoteManifest {
        try manifest(reference, named: reference.manifestName, expecting: reference.digest)
    }

    /// Gets the manifest that a reference names now; `nil` if there is none.
    func manifestIfThere(_ reference: ImageReference) throws -> RemoteManifest? {
        try unlessMissing { try manifest(reference) }
    }

    /// Asks for something; `nil` if the registry has no such thing.
    func unlessMissing<Result>(_ ask: () throws -> Result) throws -> Result? {
        do {
            return try ask()
        } catch let failure as Failure {
            guard case .status(404, _)? = failure.rootCause as? WebError else { throw failure }
            return nil
        }
    }

    /// Gets a manifest that an index of the same repository names.
    func manifest(_ descriptor: Descriptor, of reference: ImageReference) throws -> RemoteManifest {
        let manifest = try manifest(reference, named: descriptor.digest.description, expecting: descriptor.digest)
        guard manifest.bytes.count == descriptor.size else {
            throw Failure(
                "manifest \(descriptor.digest) of docker://\(reference) has \(manifest.bytes.count) bytes, "
                    + "its descriptor says \(descriptor.size)")
        }
        return manifest
    }

    private func manifest(
        _ reference: ImageReference, named name: String, expecting expected: Digest?
    ) throws -> RemoteManifest {
        var question = request(reference, name)
        question.isVerified = expected != nil
        let request = question
        return try send({ request }) { response, body in
            guard response.isSuccess else { throw Self.error(response, body, reference) }
            try response.requireWhole()
            let bytes = try body.content(limit: Self.manifestLimit)
            let digest = Digest(of: bytes)
            let announced = response["Docker-Content-Digest"].flatMap { try? Digest($0) }
            guard let wrong = [expected, announced].compactMap(\.self).first(where: { $0 != digest }) else {
                return try RemoteManifest(
                    digest: digest, mediaType: Self.mediaType(bytes, response["Content-Type"]), bytes: bytes)
            }
            throw WebError.answer("the content has the digest \(digest), and should have \(wrong)")
        }
    }

    /// Gets a small blob, as the config of an image.
    func content(of blob: Descriptor, in repository: String) throws -> [UInt8] {
        let request = Request(
            place: .path("/v2/\(repository)/blobs/\(blob.digest)"), scope: Scope(repository: repository),
            task: "couldn't get blob \(blob.digest) of \(registry)/\(repository)", isVerified: true)
        return try send({ request }) { response, body in
            guard response.isSuccess else { throw body.refusal(response) }
            try response.requireWhole()
            let bytes = try body.content(limit: Self.manifestLimit)
            let digest = Digest(of: bytes)
            guard digest == blob.digest else { throw WebError.answer("the content has the digest \(digest)") }
            return bytes
        }
    }

    private static func error(_ response: WebResponse, _ body: WebBody, _ reference: ImageReference) -> any Error {
        let refusal = body.refusal(response)
        guard response.status == 404 else { return refusal }
        return Failure(
            "there is no image docker://\(reference)", because: refusal,
            help: "see that name and tag are right, and that the registry is the one meant")
    }

    /// A manifest says itself what it is, or leaves it to the header.
    ///
    /// - Throws: `WebError` for one that can be read as two different things.
    private static func mediaType(_ bytes: [UInt8], _ header: String?) throws -> MediaType {
        guard let shape = try? JSON.decode(ManifestShape.self, from: bytes) else {
            throw WebError.answer("the manifest is no JSON object of a manifest's shape")
        }
        guard !(shape.manifests != nil && (shape.layers != nil || shape.config != nil)) else {
            throw WebError.answer("the manifest is an index and an image at once")
        }
        let text = shape.mediaType ?? header.map { String($0.prefix { $0 != ";" && $0 != " " }) }
        return MediaType(rawValue: text ?? "")
    }
}

private struct ManifestShape: Decodable {
    var mediaType: String?
    var manifests: [Part]?
    var layers: [Part]?
    var config: Part?

    struct Part: Decodable {}
}
