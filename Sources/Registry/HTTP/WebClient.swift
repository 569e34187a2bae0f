import AsyncHTTPClient
import Failure
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// An HTTP client for code that waits: each call returns when the response is there.
///
/// The thread that calls does the waiting, the hashing and the writing; NIO's threads only move bytes. They are started
/// with the first request: a client that is never used costs nothing.
///
/// Redirects are followed, at most ``WebSettings/redirectLimit`` of them; credentials never go to another server than
/// the one they were given for. What fails for want of a connection, or with a 5xx, is tried again with growing pauses.
public final class WebClient: Sendable {
    let settings: WebSettings
    private let checkpoint: @Sendable () throws -> Void
    private let clients = Mutex<[Route: HTTPClient]>([:])

    /// What requests must have in common to share connections.
    private struct Route: Hashable {
        var proxy: WebProxy?
        var isSecure: Bool
    }

    /// Makes a client.
    ///
    /// - Parameter checkpoint: called many times a second while a request runs; what it throws ends the request.
    public init(_ settings: WebSettings = WebSettings(), checkpoint: @escaping @Sendable () throws -> Void = {}) {
        self.settings = settings
        self.checkpoint = checkpoint
    }

    deinit {
        // The process may end before the connections are closed: that closes them too.
        for client in clients.withLock({ $0 }).values { client.shutdown { _ in } }
    }

    // MARK: - Requests

    /// Sends a request and hands on the response, of whatever kind but a redirect or one that is worth a new attempt.
    ///
    /// - Parameters:
    ///   - attempts: how often it is tried in all; `nil` is what the settings say.
    ///   - receive: takes the response; called anew with each attempt.
    /// - Throws: `Failure` that names the URL, with a ``WebError`` at its root if the server or the network is to blame;
    ///   what `receive` or the checkpoint throws.
    func send<Result>(
        _ method: HTTPMethod, _ address: WebAddress, attempts: Int? = nil,
        _ receive: (WebResponse, _ body: WebBody) throws -> Result
    ) throws -> Result {
        var delay = settings.retryDelay
        var attempt = 0
        while true {
            attempt += 1
            do {
                return try follow(method, address, receive)
            } catch let error as WebError {
                guard error.isTransient, attempt < attempts ?? settings.attempts else {
                    let times = attempt > 1 ? " in \(attempt) attempts" : ""
                    let proxy = try settings.proxies.proxy(for: address)
                    let way = proxy.map { " through the proxy \($0.host):\($0.port)" } ?? ""
                    throw Failure("couldn't get \(address)\(way)\(times)", because: error, help: error.help)
                }
            }
            try wait(delay)
            delay *= 2
        }
    }

    private func wait(_ delay: Duration) throws {
        let clock = ContinuousClock()
        let end = clock.now + delay
        while clock.now < end {
            try checkpoint()
            usleep(20_000)
        }
    }

    /// Sends a request, and again to where the answer points.
    private func follow<Result>(
        _ method: HTTPMethod, _ start: WebAddress, _ receive: (WebResponse, WebBody) throws -> Result
    ) throws -> Result {
        var address = start
        for _ in 0...settings.redirectLimit {
            // Those in a Location are the server's own choice; ours are for the server that they were given for.
            let credentials = address.credentials ?? (address.origin == start.origin ? start.credentials : nil)
            var next: WebAddress?
            let result = try exchange(method, address, credentials) { head, body -> Result? in
                let response = WebResponse(head, from: address)
                if let location = response.redirect {
                    next = try Self.resolve(location, from: address)
                    return nil
                }
                let error = WebError.status(response.status, response.reason)
                if error.isTransient { throw error }
                return try receive(response, body)
            }
            if let result { return result }
            if let next { address = next }
        }
        throw WebError.answer("it leads in a circle: more than \(settings.redirectLimit) redirects")
    }

    private static func resolve(_ location: String, from address: WebAddress) throws -> WebAddress {
        do {
            return try address.resolving(location)
        } catch {
            throw WebError.answer("it leads to \(WebAddress.withoutCredentials(location)), which is not http or https")
        }
    }

    /// One request to one server. However it ends, nothing of it goes on.
    private func exchange<Result>(
        _ method: HTTPMethod, _ address: WebAddress, _ credentials: WebCredentials?,
        _ receive: (HTTPResponseHead, WebBody) throws -> Result
    ) throws -> Result {
        try checkpoint()
        let proxy = try settings.proxies.proxy(for: address)
        let exchange = Exchange()
        let task = try client(proxy, isSecure: address.isSecure)
            .execute(request: Self.request(method, address, credentials, proxy), delegate: exchange)
        task.futureResult.whenComplete { exchange.finish($0) }
        var isOver = false
        defer {
            exchange.abandon()
            if !isOver { task.cancel() }
        }
        var head: HTTPResponseHead?
        while head == nil {
            switch try exchange.next(checkpoint) {
            case .head(let response): head = response
            case .failure(let error): throw WebError(error, settings)
            case .body, .end: throw WebError.answer("the server's answer has no beginning")
            }
        }
        guard let head else { throw WebError.answer("the server's answer has no beginning") }
        let body = WebBody(exchange: exchange, settings: settings, checkpoint: checkpoint)
        let result = try receive(head, body)
        isOver = body.isAtEnd
        return result
    }

    private static func request(
        _ method: HTTPMethod, _ address: WebAddress, _ credentials: WebCredentials?, _ proxy: WebProxy?
    ) throws -> HTTPClient.Request {
        let forwarder = proxy?.forwards(isSecure: address.isSecure) == true ? proxy : nil
        var request = try HTTPClient.Request(
            url: forwarder.map { $0.origin + address.target } ?? address.requestText, method: method)
        request.headers.add(name: "User-Agent", value: "stacker")
        request.headers.add(name: "Accept", value: "*/*")
        if let credentials {
            request.headers.add(name: "Authorization", value: Self.basic(credentials).headerValue)
        }
        if let forwarder {
            request.headers.add(name: "Host", value: address.authority)
            if let own = forwarder.credentials {
                request.headers.add(name: "Proxy-Authorization", value: Self.basic(own).headerValue)
            }
        }
        return request
    }

    private static func basic(_ credentials: WebCredentials) -> HTTPClient.Authorization {
        .basic(username: credentials.user, password: credentials.password)
    }

    // MARK: - Connections

    private func client(_ proxy: WebProxy?, isSecure: Bool) throws -> HTTPClient {
        let route = Route(proxy: proxy, isSecure: isSecure)
        return try clients.withLock { clients in
            if let client = clients[route] { return client }
            let client = HTTPClient(
                eventLoopGroupProvider: .shared(MultiThreadedEventLoopGroup.singleton),
                configuration: try configuration(route))
            clients[route] = client
            return client
        }
    }

    private func configuration(_ route: Route) throws -> HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration()
        if route.isSecure {
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.trustRoots = try settings.trust.roots()
            configuration.tlsConfiguration = tls
        }
        configuration.redirectConfiguration = .disallow
        configuration.timeout = .init(
            connect: TimeAmount(settings.connectTimeout), read: TimeAmount(settings.readTimeout))
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.httpVersion = .http1Only
        if let proxy = route.proxy {
            switch proxy.kind {
            case .socks: configuration.proxy = .socksServer(host: proxy.host, port: proxy.port)
            case .http where proxy.forwards(isSecure: route.isSecure):
                configuration.http1_1ConnectionDebugInitializer = AbsoluteForm.add
            case .http:
                configuration.proxy = .server(
                    host: proxy.host, port: proxy.port, authorization: proxy.credentials.map(Self.basic))
            }
        }
        return configuration
    }
}
