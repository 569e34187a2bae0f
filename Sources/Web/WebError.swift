import CCurl
import SystemPackage

/// Why a server did not give what it was asked for: the root cause of every failure of a ``WebClient`` that is the
/// server's or the network's.
package enum WebError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The server answered, and that is its answer.
    case status(Int, String)
    /// There was no connection, or it broke: another attempt may do better.
    case connection(String)
    /// The server may not be who it should be.
    case tls(String)
    /// The server's answer is none that can be used.
    case answer(String)
    /// A server with TLS leads to this address, which has none.
    case plainRedirect(String)

    /// The reason in words.
    package var description: String {
        switch self {
        case .status(let code, let reason): "the server says \(code)\(reason.isEmpty ? "" : " \(reason)")"
        case .connection(let text), .tls(let text), .answer(let text): text
        case .plainRedirect(let address):
            "it leads to \(address), without TLS: whoever is on the way could send something else"
        }
    }

    /// Whether another attempt may do better.
    package var isTransient: Bool {
        switch self {
        case .status(let code, _): code >= 500 && code != 501 && code != 505 || code == 408 || code == 429
        case .connection: true
        case .tls, .answer, .plainRedirect: false
        }
    }

    private static let noTLS = "the server does not speak TLS"
    private static let expired = "the server's certificate has expired"
    private static let foreign = "the server's certificate is not its own"
    /// What is said of a content over TLS that tells neither its length nor its end.
    static let endless = "the answer does not say how long it is, so it could be cut without a trace"

    /// What can be done about it.
    func help(for request: WebRequest) -> String? {
        switch self {
        case .status(401, _), .status(403, _), .status(407, _):
            "the server wants other credentials, or does not let this client have it"
        case .tls(Self.noTLS): request.plainRemedy.map { "\($0) lets stacker speak to it without TLS" }
        case .plainRedirect: request.redirectHelp
        case .connection:
            "see whether this machine reaches it: the network, the name server, http_proxy and https_proxy"
        case .answer(Self.endless): "the hash of an import makes sure that all of it came"
        case .tls(Self.expired):
            "see that this machine's clock is right; otherwise it is for the server's owner to mend"
        case .tls(let text) where text.hasPrefix(Self.foreign): "see that the name in the URL is the server's own"
        case .tls: "if its certificate is of an authority of your own, name that in SSL_CERT_FILE"
        default: nil
        }
    }
}

extension WebError {
    /// What is said of a connection that ended too early.
    static let cut = "the connection was cut before the end"

    /// Puts what libcurl reports into words.
    init(_ code: CURLcode, _ handle: CurlHandle, _ settings: WebSettings) {
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY:
            self = .connection("couldn't find the host\(handle.complaint.afterColon)")
        case CURLE_COULDNT_CONNECT: self = .connection(Self.reason(handle))
        case CURLE_OPERATION_TIMEDOUT: self = .connection("no connection within \(settings.connectTimeout)")
        case CURLE_SSL_CONNECT_ERROR: self = Self.ofHandshake(handle.complaint)
        case CURLE_PEER_FAILED_VERIFICATION: self = .tls(Self.ofCertificate(handle.complaint))
        case CURLE_SSL_CACERT_BADFILE: self = .tls("the certificates of \(settings.trust) are none, or damaged")
        case CURLE_READ_ERROR: self = .answer("\(settings.netrc ?? ".netrc") is not what netrc(5) says")
        case CURLE_RECV_ERROR where ["chunk", "header"].contains(where: handle.complaint.contains):
            self = .answer("the server's answer is not HTTP: \(handle.complaint)")
        case CURLE_PROXY: self = Self.ofTunnel(handle) ?? .connection(Self.noTunnel)
        case CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE, CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_HTTP2, CURLE_HTTP2_STREAM:
            self = Self.ofTunnel(handle) ?? .connection(Self.cut)
        case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY:
            self = .answer("the server's answer is not HTTP: \(handle.complaint)")
        case CURLE_OUT_OF_MEMORY:
            self = .answer("the server's answer has a line that is too long for libcurl, or there is no memory for it")
        default:
            let text = handle.complaint
            self = .answer(text.isEmpty ? String(cString: ccurl_easy_strerror(code)) : text)
        }
    }

    private static func reason(_ handle: CurlHandle) -> String {
        let number = handle.number(CURLINFO_OS_ERRNO)
        if number == 0 { return handle.complaint }
        // `Connection refused` as the end of a sentence.
        let text = Errno(rawValue: CInt(number)).description
        return text.prefix(1).lowercased() + text.dropFirst()
    }

    private static let noTunnel = "the proxy did not make the connection"

    /// What a proxy said that was asked for a connection; `nil` if none was, or it made one.
    private static func ofTunnel(_ handle: CurlHandle) -> WebError? {
        switch handle.number(CURLINFO_HTTP_CONNECTCODE) {
        case 407: .status(407, "Proxy Authentication Required")
        case 300...: .connection(noTunnel)
        default: nil
        }
    }

    /// A certificate that was refused, in the words of OpenSSL, or of GnuTLS.
    private static func ofCertificate(_ complaint: String) -> String {
        if complaint.contains("expired") { return expired }
        let isForeign = ["subject name", "does not match"].contains { complaint.contains($0) }
        return isForeign ? "\(foreign): \(complaint)" : "the server's certificate is not one that is trusted here"
    }

    /// A handshake that failed. What ended it is only said in the words of OpenSSL, or of GnuTLS.
    private static func ofHandshake(_ complaint: String) -> WebError {
        func says(_ texts: String...) -> Bool { texts.contains { complaint.contains($0) } }
        if says("wrong version number", "packet length too long", "unexpected TLS packet") { return .tls(noTLS) }
        if says("SSL_ERROR_SYSCALL", "unexpected eof", "Connection reset", "non-properly terminated") {
            return .connection(cut)
        }
        return .tls("TLS failed: \(complaint)")
    }
}

extension String {
    /// What follows the last colon, with a space in front: the name in `Could not resolve host: name`.
    fileprivate var afterColon: String {
        lastIndex(of: ":").map { String(self[index(after: $0)...]) } ?? ""
    }
}
