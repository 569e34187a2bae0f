import Failure
import OCI
import Progress
import Web

extension RegistryClient {
    /// Gets a blob into a layout; one that is there is not fetched.
    ///
    /// A connection that is cut is taken up where it was, if the server can do that. The blob has its name only when
    /// its digest is right.
    ///
    /// - Parameters:
    ///   - keepsPart: whether what came stays if not all of it comes, and what stayed of another time is gone on with.
    ///   - progress: gets to know how much has come.
    ///   - arriving: gets what reads the blob while it comes.
    ///   - checkpoint: called with every piece; what it throws ends the download.
    func download(
        _ blob: Descriptor, of repository: String, to writer: LayoutWriter, keepsPart: Bool = false,
        progress: any ProgressSink = NoProgress(), arriving: (ArrivingBlob) -> Void = { _ in },
        checkpoint: () throws -> Void = {}
    ) throws {
        if try writer.layout.holds(blob) { return }
        let task = "couldn't get blob \(blob.digest) of \(registry)/\(repository)"
        try progress.following(.blob(blob.digest.description), total: blob.size) { watched in
            let incoming = try attempt(task) { try IncomingBlob(blob, into: writer, keepsPart: keepsPart) }
            arriving(incoming.follow())
            try receive(incoming, of: repository, task: task) {
                watched.reach(incoming.count)
                try checkpoint()
            }
        }
    }

    private func receive(
        _ incoming: IncomingBlob, of repository: String, task: String, _ checkpoint: () throws -> Void
    ) throws {
        let isFromBefore = incoming.count > 0
        try receiveAll(incoming, of: repository, task: task, checkpoint)
        if isFromBefore, !incoming.isRight {
            // A crash of the machine may have spoilt what was kept.
            try attempt(task) { try incoming.restart() }
            try receiveAll(incoming, of: repository, task: task, checkpoint)
        }
        try attempt(task, help: "the registry, or something on the way to it, serves another content under this name") {
            try incoming.finish()
        }
    }

    private func receiveAll(
        _ incoming: IncomingBlob, of repository: String, task: String, _ checkpoint: () throws -> Void
    ) throws {
        var restarts = 0
        while true {
            let before = incoming.count
            do {
                return try receiveOnce(incoming, of: repository, task: task, checkpoint)
            } catch let failure as Failure {
                // What gets on in spite of everything may go on: the blob's length bounds how often.
                guard let error = failure.rootCause as? WebError, error.isTransient,
                    incoming.count - before >= Self.progress, restarts < 1000
                else { throw failure }
                restarts += 1
            }
        }
    }

    /// With so many bytes more, failed attempts are forgotten.
    private static let progress: Int64 = 1 << 20

    private func receiveOnce(
        _ incoming: IncomingBlob, of repository: String, task: String, _ checkpoint: () throws -> Void
    ) throws {
        // An empty blob and one that is all there must not be asked for by range: there is none.
        if incoming.count == incoming.descriptor.size, incoming.count > 0 { return }
        try send({
            var request = Request(
                place: .path("/v2/\(repository)/blobs/\(incoming.descriptor.digest)"),
                scope: Scope(repository: repository), task: task, isVerified: true)
            if incoming.count > 0 { request.headers.append(("Range", "bytes=\(incoming.count)-")) }
            return request
        }) { response, body in
            switch response.status {
            case 206 where response.rangeStart == incoming.count: break
            // A server that knows no ranges, or wants to begin elsewhere, sends everything.
            case 200: try attempt(task) { try incoming.restart() }
            case 206, 416:
                try attempt(task) { try incoming.restart() }
                throw WebError.connection("the server sent another part than the one that was asked for")
            default: throw body.refusal(response)
            }
            try body.read { bytes in
                try checkpoint()
                try attempt(task) { try incoming.append(bytes) }
            }
            guard incoming.count == incoming.descriptor.size else {
                throw WebError.connection(
                    "\(incoming.count) bytes came, the descriptor says \(incoming.descriptor.size)")
            }
        }
    }
}

extension WebResponse {
    /// The first byte of a part: `Content-Range: bytes 100-199/200`.
    fileprivate var rangeStart: Int64? {
        guard let text = self["Content-Range"], text.hasPrefix("bytes ") else { return nil }
        return Int64(text.dropFirst(6).prefix { $0 != "-" })
    }
}
