import FileTree
import FoundationEssentials
import SystemPackage

/// What a server is asked to do.
///
/// [RFC 9110, section 9](https://www.rfc-editor.org/rfc/rfc9110#section-9)
package enum HTTPMethod: String, Sendable {
    case GET, HEAD, POST, PUT, PATCH, DELETE
}

/// What a server is asked.
package struct WebRequest: Sendable {
    /// What it does with what is at the address.
    package var method: HTTPMethod
    /// What is asked for.
    package var address: WebAddress
    /// Beside those that every request has; one of these replaces those.
    package var headers: [(name: String, value: String)] = []
    /// Takes the place of credentials in the address. It never goes to another server than that of the address.
    package var authorization: WebAuthorization?
    /// What is sent.
    package var body: WebUpload?
    /// Without it, whoever answers is believed to be the server.
    package var verifiesServer = true
    /// Whether a server gets the password that the user keeps for it: in ~/.netrc, or, if it asks for one, where a login
    /// has put it.
    package var mayLogIn = false
    /// Whether a redirect from https to http is followed. Whoever is on the way there decides what comes: only for what
    /// is known by its digest.
    package var mayLeaveTLS = false
    /// What lets stacker speak to the server without TLS, for messages; `nil`: nothing.
    package var plainRemedy: String? = "http:// in its URL"
    /// What to do about a server with TLS that leads to one without, for messages.
    package var redirectHelp: String? =
        "a hash makes sure of an import, wherever it comes from; otherwise write the URL that is really meant"
    /// What a message says could not be done; `nil`: to get the address.
    package var task: String?

    /// Asks for the address.
    package init(_ address: WebAddress, method: HTTPMethod = .GET) {
        self.method = method
        self.address = address
    }
}

/// What lets a client in. In text it shows nothing of it.
package enum WebAuthorization: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    case basic(WebCredentials)
    case bearer(String)

    /// Nothing of it.
    package var description: String { "credentials" }
    /// Nothing of it, for debuggers and `dump`.
    package var customMirror: Mirror { Mirror(self, children: []) }

    /// Whether it is a user name and a password.
    package var isPassword: Bool {
        if case .basic = self { return true }
        return false
    }

    /// The value of the header `Authorization`.
    var headerValue: String {
        switch self {
        case .basic(let pair): "Basic \(Data("\(pair.user):\(pair.password)".utf8).base64EncodedString())"
        case .bearer(let token): "Bearer \(token)"
        }
    }
}

/// A content to send. It can be sent as often as a request has to be made.
package enum WebUpload: Sendable {
    case bytes([UInt8])
    /// A part of a file: bytes from `start` on. `sent` gets the place in the file that has been come to.
    case file(OpenFile, start: Int64, length: Int64, sent: @Sendable (Int64) -> Void)

    /// Bytes.
    var length: Int64 {
        switch self {
        case .bytes(let bytes): Int64(bytes.count)
        case .file(_, _, let length, _): length
        }
    }

    /// Fills a buffer with what comes from `offset` on.
    ///
    /// - Returns: bytes; 0 at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws -> Int {
        let count = Int(min(Int64(buffer.count), length - offset))
        guard count > 0 else { return 0 }
        switch self {
        case .bytes(let bytes):
            buffer.copyBytes(from: bytes[Int(offset)..<Int(offset) + count])
            return count
        case .file(let file, let start, _, let sent):
            let got = try file.read(
                into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]), at: start + offset)
            // The file has become shorter.
            guard got > 0 else { throw Errno.ioError }
            sent(start + offset + Int64(got))
            return got
        }
    }
}
