import Failure
import FileTree
import Glibc
import OCI
import Progress
import SystemPackage

extension WebClient {
    /// Asks for all that a server says of an address but the content.
    ///
    /// - Parameter attempts: how often it is tried in all; `nil` is what the settings say.
    /// - Throws: `Failure` also for an answer that is not about all of it.
    package func head(_ address: WebAddress, attempts: Int? = nil) throws -> WebResponse {
        try send(.HEAD, address, attempts: attempts) { response, body in
            // There is none, but with its end the connection is free for the next request.
            try body.read { _ in }
            return try response.requireWhole()
        }
    }

    /// Gets a small content.
    ///
    /// - Parameter limit: the most bytes that are taken.
    /// - Throws: `Failure` for a longer one, too.
    package func content(_ address: WebAddress, limit: Int) throws -> [UInt8] {
        try send(.GET, address) { response, body in
            try response.requireWhole()
            var content: [UInt8] = []
            try read(body, response, limit: Int64(limit)) { content += $0 }
            return content
        }
    }

    /// Gets a content into a file, hashing it on the way.
    ///
    /// - Parameters:
    ///   - file: open for writing; what is in it is replaced, with every attempt.
    ///   - limit: the most bytes that are taken.
    ///   - mayLeaveTLS: whether a redirect from https to http is followed; only for a content that is known by its digest.
    ///   - progress: gets to know how much has come.
    ///   - accept: shown the response before its content is read; what it throws ends the download.
    /// - Returns: the response, and the digest and the length of what is in the file now.
    package func download(
        _ address: WebAddress, to file: OpenFile, limit: Int64 = .max, mayLeaveTLS: Bool = false,
        progress: ProgressTask? = nil, accept: (WebResponse) throws -> Void = { _ in }
    ) throws -> WebDownload {
        var request = WebRequest(address)
        request.mayLogIn = true
        request.mayLeaveTLS = mayLeaveTLS
        let question = request
        return try send({ question }) { response, body in
            try accept(response.requireWhole())
            progress?.reach(0)
            if let total = response.contentLength { progress?.expect(total) }
            try checked(ftruncate(file.number, 0), at: file.place)
            try checked(lseek(file.number, 0, SEEK_SET), at: file.place)
            var hasher = DigestHasher()
            let size = try read(body, response, limit: limit) { bytes in
                hasher.update(bytes)
                try file.writeAll(bytes)
                progress?.advance(by: bytes.count)
            }
            return WebDownload(response: response, digest: hasher.finish(), size: size)
        }
    }

    /// Reads a content within its bounds.
    ///
    /// - Returns: its length.
    @discardableResult
    private func read(
        _ body: WebBody, _ response: WebResponse, limit: Int64, _ take: (UnsafeRawBufferPointer) throws -> Void
    ) throws -> Int64 {
        let tooLong = WebError.answer("it is longer than the \(limit) bytes that are allowed here")
        let expected = response.contentLength
        if let expected, expected > limit { throw tooLong }
        var size: Int64 = 0
        try body.read { bytes in
            size += Int64(bytes.count)
            if size > limit { throw tooLong }
            try take(bytes)
        }
        if let expected, expected != size {
            throw WebError.connection("\(size) bytes came, not the \(expected) that were announced")
        }
        return size
    }
}

/// A content that has been written to a file.
package struct WebDownload: Sendable {
    /// What the server said of it.
    package let response: WebResponse
    /// Its digest.
    package let digest: Digest
    /// Its length in bytes.
    package let size: Int64
}
