import FileTree
import FoundationEssentials
import Glibc
import SystemPackage

/// What a server is asked to do.
///
/// [RFC 9110, section 9](https://www.rfc-editor.org/rfc/rfc9110#section-9)
enum HTTPMethod: String, Sendable {
    case GET, HEAD, POST, PUT, PATCH
}

/// What a server is asked.
struct WebRequest: Sendable {
    var method: HTTPMethod = .GET
    var address: WebAddress
    /// Beside those that every request has; one of these replaces those.
    var headers: [(name: String, value: String)] = []
    /// Takes the place of credentials in the address. It never goes to another server than that of the address.
    var authorization: WebAuthorization?
    var body: WebUpload?
    /// Without it, whoever answers is believed to be the server.
    var verifiesServer = true
    /// Whether a server gets the password that the user keeps for it: in ~/.netrc, or, if it asks for one, where a login
    /// has put it.
    var mayLogIn = false
    /// Whether a redirect from https to http is followed. Whoever is on the way there decides what comes: only for what
    /// is known by its digest.
    var mayLeaveTLS = false
    /// Whether it is one of a registry's.
    var isOfRegistry = false
    /// What lets stacker speak to the server without TLS, for messages; `nil`: nothing.
    var plainRemedy: String? = "http:// in its URL"
    /// What a message says could not be done; `nil`: to get the address.
    var task: String?
}

/// What lets a client in. In text it shows nothing of it.
enum WebAuthorization: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    case basic(WebCredentials)
    case bearer(String)

    var description: String { "credentials" }
    var customMirror: Mirror { Mirror(self, children: []) }

    /// Whether it is a user name and a password.
    var isPassword: Bool {
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
enum WebUpload: Sendable {
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
            let got = try checked(pread(file.number, buffer.baseAddress, count, off_t(start + offset)))
            // The file has become shorter.
            guard got > 0 else { throw Errno.ioError }
            sent(start + offset + Int64(got))
            return got
        }
    }
}
