import Failure
import FileTree
import OCI
import Progress
import Web

extension RegistryClient {
    /// Whether a repository has a blob.
    func holds(_ blob: Descriptor, in repository: String) throws -> Bool {
        var request = uploadRequest(.HEAD, .path("/v2/\(repository)/blobs/\(blob.digest)"), blob, repository)
        request.attempts = nil
        return try send({ request }) { response, body in
            try body.read { _ in }
            if response.status == 404 { return false }
            guard response.isSuccess else { throw WebError.status(response.status, response.reason) }
            return response.isWhole && (response.contentLength == nil || response.contentLength == blob.size)
        }
    }

    /// Sees that a repository has a blob: asks, has it mounted from another repository of the same registry, or sends
    /// it.
    ///
    /// [distribution-spec, "Pushing Blobs"](https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-blobs)
    ///
    /// - Parameters:
    ///   - other: a repository that probably has it.
    ///   - progress: gets to know how much was sent.
    ///   - bring: sees that the layout has it, if it must be sent.
    func upload(
        _ blob: Descriptor, from layout: Layout, to repository: String, mountingFrom other: String?,
        progress: any ProgressSink = NoProgress(), bring: ((Descriptor) throws -> Void)? = nil
    ) throws {
        if try holds(blob, in: repository) { return }
        var file = try bring == nil ? layout.open(blob) : nil
        try progress.following(.blob(blob.digest.description), total: blob.size) { watched in
            do {
                try send(blob, to: repository, mountingFrom: other) {
                    if let file { return BlobSource(file: file, watched: watched) }
                    try bring?(blob)
                    let brought = try layout.open(blob)
                    file = brought
                    return BlobSource(file: brought, watched: watched)
                }
            } catch let failure as Failure {
                // A registry that gets other bytes than it was promised only says that it refuses them. Where nothing could
                // be brought, nothing was sent.
                if file != nil, case .status? = failure.rootCause as? WebError { try layout.verify(blob) }
                throw failure
            }
        }
    }

    /// What is sent, and who watches it.
    private struct BlobSource {
        var file: OpenFile
        var watched: ProgressTask

        func part(_ start: Int64, length: Int64) -> WebUpload {
            .file(file, start: start, length: length) { [watched] in watched.reach($0) }
        }
    }

    /// - Parameter source: opens it, if it must be sent.
    private func send(
        _ blob: Descriptor, to repository: String, mountingFrom other: String?, _ source: () throws -> BlobSource
    ) throws {
        var delay = web.settings.retryDelay
        var attempt = 0
        while true {
            attempt += 1
            do {
                // Whatever failed, its session may be spoilt: the next attempt begins a new one.
                guard let session = try begin(blob, in: repository, mountingFrom: other) else { return }
                return try send(source(), blob, to: session, of: repository)
            } catch let failure as Failure {
                guard let error = failure.rootCause as? WebError, error.isTransient, attempt < web.settings.attempts
                else { throw failure }
            }
            try web.wait(delay)
            delay *= 2
        }
    }

    // MARK: - Sessions

    /// An upload that has begun: where the next part goes.
    private struct Session {
        var address: WebAddress
        /// The shortest part that the registry takes, if it wants parts.
        var shortestPart: Int64?
    }

    /// - Returns: `nil` if the registry has taken the blob over from another repository.
    private func begin(_ blob: Descriptor, in repository: String, mountingFrom other: String?) throws -> Session? {
        let uploads = "/v2/\(repository)/blobs/uploads/"
        let mount = other.map { "?" + formEncoded([("mount", blob.digest.description), ("from", $0)]) }
        var request = uploadRequest(.POST, .path(uploads + (mount ?? "")), blob, repository)
        request.scope.other = other
        let question = request
        do {
            return try session(question, isMount: mount != nil, blob, repository)
        } catch let failure as Failure where mount != nil {
            // Whoever gives out tokens may know nothing of the other repository, or let us do nothing there.
            guard case .status(401, _)? = failure.rootCause as? WebError else { throw failure }
            return try begin(blob, in: repository, mountingFrom: nil)
        }
    }

    private func session(
        _ request: Request, isMount: Bool, _ blob: Descriptor, _ repository: String
    ) throws -> Session? {
        try send({ request }) { response, body in
            if isMount, response.status == 201 {
                try body.read { _ in }
                return nil
            }
            // A registry that can't mount should begin an upload; one that says no is asked for that.
            if isMount, response.status != 202 { return try begin(blob, in: repository, mountingFrom: nil) }
            return try session(response, body)
        }
    }

    private func session(_ response: WebResponse, _ body: WebBody) throws -> Session {
        guard response.status == 202 else { throw body.refusal(response) }
        try body.read { _ in }
        guard let location = response["Location"], let address = try? response.address.resolving(location) else {
            throw WebError.answer("the registry does not say where to send it")
        }
        // Who can change the answer could otherwise have the content sent anywhere, in the clear.
        guard address.isSecure || !response.address.isSecure else {
            throw WebError.answer("the registry wants it without TLS")
        }
        return Session(address: address, shortestPart: response["OCI-Chunk-Min-Length"].flatMap { Int64($0) })
    }

    private func send(_ source: BlobSource, _ blob: Descriptor, to session: Session, of repository: String) throws {
        if session.shortestPart == nil {
            if try finish(session, blob, repository, source.part(0, length: blob.size)) { return }
        }
        // Something on the way does not take so much at once.
        guard let session = session.shortestPart == nil ? try begin(blob, in: repository, mountingFrom: nil) : session
        else { return }
        try sendParts(source, blob, to: session, of: repository)
    }

    /// The usual length of a part.
    private static let part: Int64 = 16 << 20

    private func sendParts(
        _ source: BlobSource, _ blob: Descriptor, to first: Session, of repository: String
    ) throws {
        var session = first
        var start: Int64 = 0
        while start < blob.size {
            let length = min(max(Self.part, session.shortestPart ?? 0), blob.size - start)
            var request = uploadRequest(.PATCH, .address(session.address), blob, repository)
            request.body = source.part(start, length: length)
            request.headers = [
                ("Content-Type", "application/octet-stream"), ("Content-Range", "\(start)-\(start + length - 1)"),
            ]
            let part = request
            let next = try send({ part }) { try self.session($0, $1) }
            session.address = next.address
            start += length
        }
        guard try finish(session, blob, repository, .bytes([])) else {
            throw Failure(uploadTask(blob, repository), because: WebError.status(413, "Content Too Large"))
        }
    }

    /// Sends the last part, or the only one.
    ///
    /// - Returns: false if it is too much at once.
    private func finish(
        _ session: Session, _ blob: Descriptor, _ repository: String, _ content: WebUpload
    ) throws -> Bool {
        let address = session.address.adding(query: formEncoded([("digest", blob.digest.description)]))
        var request = uploadRequest(.PUT, .address(address), blob, repository)
        request.body = content
        request.headers = [("Content-Type", "application/octet-stream")]
        let last = request
        return try send({ last }) { response, body in
            if response.status == 413 { return false }
            guard response.isSuccess else { throw body.refusal(response) }
            try body.read { _ in }
            return true
        }
    }

    private func uploadRequest(
        _ method: HTTPMethod, _ place: Request.Place, _ blob: Descriptor, _ repository: String
    ) -> Request {
        Request(
            method: method, place: place, scope: Scope(repository: repository, mayPush: true),
            task: uploadTask(blob, repository), attempts: 1)
    }

    private func uploadTask(_ blob: Descriptor, _ repository: String) -> String {
        "couldn't send blob \(blob.digest) to \(registry)/\(repository)"
    }
}
