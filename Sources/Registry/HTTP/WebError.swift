import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import SystemPackage

/// Why a server did not give what it was asked for: the root cause of every failure of a ``WebClient`` that is the
/// server's or the network's.
public enum WebError: Error, Sendable, Equatable, CustomStringConvertible {
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
    public var description: String {
        switch self {
        case .status(let code, let reason): "the server says \(code)\(reason.isEmpty ? "" : " \(reason)")"
        case .connection(let text), .tls(let text), .answer(let text): text
        case .plainRedirect(let address):
            "it leads to \(address), without TLS: whoever is on the way could send something else"
        }
    }

    /// Whether another attempt may do better.
    var isTransient: Bool {
        switch self {
        case .status(let code, _): code >= 500 && code != 501 && code != 505 || code == 408 || code == 429
        case .connection: true
        case .tls, .answer, .plainRedirect: false
        }
    }

    private static let noTLS = "the server does not speak TLS"

    /// What can be done about it.
    func help(for request: WebRequest) -> String? {
        switch self {
        case .status(401, _), .status(403, _), .status(407, _):
            "the server wants other credentials, or does not let this client have it"
        case .tls(Self.noTLS): request.plainRemedy.map { "\($0) lets stacker speak to it without TLS" }
        case .plainRedirect where request.isOfRegistry: request.plainRemedy.map { "\($0) allows that" }
        case .plainRedirect:
            "a hash makes sure of an import, wherever it comes from; otherwise write the URL that is really meant"
        case .connection:
            "see whether this machine reaches it: the network, the name server, http_proxy and https_proxy"
        case .tls: "if its certificate is of an authority of your own, name that in SSL_CERT_FILE"
        default: nil
        }
    }
}

extension WebError {
    /// Puts what the HTTP library reports into words.
    init(_ error: any Error, _ settings: WebSettings) {
        switch error {
        case let error as WebError: self = error
        case let error as HTTPClientError: self.init(error, settings)
        case let error as NIOConnectionError: self = .connection(Self.reason(error, settings))
        case let error as ChannelError: self = .connection(Self.reason(error, settings))
        case let error as IOError: self = .connection("\(Errno(rawValue: error.errnoCode))".lowercasedFirst)
        case let error as NIOSSLError: self = Self.tls(error)
        case let error as NIOSSLExtraError: self = .tls("the server's certificate is not its own: \(error)")
        case let error as BoringSSLError: self = .tls("TLS failed: \(error)")
        case let error as HTTPParserError where error == .invalidEOFState:
            self = .connection("the connection was cut before the end")
        case let error as HTTPParserError: self = .answer("the server's answer is not HTTP: \(error)")
        default: self = .connection(String(describing: error))
        }
    }

    private init(_ error: HTTPClientError, _ settings: WebSettings) {
        switch error {
        case .connectTimeout, .getConnectionFromPoolTimeout, .tlsHandshakeTimeout, .httpProxyHandshakeTimeout,
            .socksHandshakeTimeout:
            self = .connection("no connection within \(settings.connectTimeout)")
        case .readTimeout, .deadlineExceeded, .writeTimeout:
            self = .connection("the server said nothing for \(settings.readTimeout)")
        case .remoteConnectionClosed, .uncleanShutdown:
            self = .connection("the connection was cut before the end")
        case .proxyAuthenticationRequired: self = .status(407, "Proxy Authentication Required")
        case .invalidProxyResponse: self = .connection("the proxy did not make the connection")
        default: self = .answer(error.description)
        }
    }

    private static func reason(_ error: NIOConnectionError, _ settings: WebSettings) -> String {
        if let first = error.connectionErrors.first {
            let reason = WebError(first.error, settings)
            return "couldn't connect to \(error.host) port \(error.port): \(reason)"
        }
        return "couldn't find the host \(error.host)"
    }

    private static func reason(_ error: ChannelError, _ settings: WebSettings) -> String {
        switch error {
        case .connectTimeout: "no connection within \(settings.connectTimeout)"
        case .eof, .inputClosed, .alreadyClosed, .ioOnClosedChannel: "the connection was cut before the end"
        default: String(describing: error)
        }
    }

    private static func tls(_ error: NIOSSLError) -> WebError {
        switch error {
        case .handshakeFailed(let inner):
            let text = String(describing: inner)
            if text.contains("WRONG_VERSION_NUMBER") { return .tls(noTLS) }
            return text.contains("CERTIFICATE_VERIFY_FAILED")
                ? .tls("the server's certificate is not one that is trusted here") : .tls("TLS failed: \(text)")
        case .uncleanShutdown: return .connection("the connection was cut before the end")
        default: return .tls("TLS failed: \(error)")
        }
    }
}

extension String {
    /// `Connection refused` as the end of a sentence.
    fileprivate var lowercasedFirst: String { prefix(1).lowercased() + dropFirst() }
}
