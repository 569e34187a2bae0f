import Failure
import Glibc

/// An HTTP client for code that waits: each call returns when the response is there.
///
/// The thread that calls does all of it, with libcurl. That is opened for the first request: a client that is never used
/// costs nothing.
///
/// Redirects are followed, at most ``WebSettings/redirectLimit`` of them; credentials never go to another server than
/// the one they were given for, and from https to http only what is known by its digest is followed. What fails for want of
/// a connection, or with a 5xx, is tried again with growing pauses, or after as long as the server says.
package final class WebClient: Sendable {
    /// How it behaves.
    package let settings: WebSettings
    private let password: @Sendable (_ place: String) throws -> WebCredentials?
    private let checkpoint: @Sendable () throws -> Void
    private let connections = WebConnections()

    /// A failure that is worth another attempt, not before a time that the server named.
    private struct Postponed: Error {
        var error: WebError
        var pause: Duration?
    }

    /// Makes a client.
    ///
    /// - Parameters:
    ///   - checkpoint: called many times a second while a request runs; what it throws ends the request.
    ///   - password: gives what a server gets that asks for a password which is not in its URL; `place` is its host and
    ///     port, and the path that is asked for.
    package init(
        _ settings: WebSettings = WebSettings(),
        checkpoint: @escaping @Sendable () throws -> Void = {},
        password: @escaping @Sendable (_ place: String) throws -> WebCredentials? = { _ in nil }
    ) {
        self.settings = settings
        self.password = password
        self.checkpoint = checkpoint
    }

    // MARK: - Requests

    /// Sends a request and hands on the response, of whatever kind but a redirect or one that is worth a new attempt.
    ///
    /// - Parameters:
    ///   - attempts: how often it is tried in all; `nil` is what the settings say.
    ///   - receive: takes the response; called anew with each attempt.
    /// - Throws: `Failure` that names the URL, with a ``WebError`` at its root if the server or the network is to blame;
    ///   what `receive` or the checkpoint throws.
    package func send<Result>(
        _ method: HTTPMethod, _ address: WebAddress, attempts: Int? = nil,
        _ receive: (WebResponse, _ body: WebBody) throws -> Result
    ) throws -> Result {
        var request = WebRequest(address, method: method)
        request.mayLogIn = true
        let question = request
        return try send(attempts: attempts, { question }, receive)
    }

    /// The same with all that a request can have.
    ///
    /// - Parameter request: made anew with each attempt.
    package func send<Result>(
        attempts: Int? = nil, _ request: () throws -> WebRequest,
        _ receive: (WebResponse, _ body: WebBody) throws -> Result
    ) throws -> Result {
        var delay = settings.retryDelay
        var attempt = 0
        while true {
            attempt += 1
            let request = try request()
            let error: WebError
            var pause = delay
            do {
                return try follow(request, receive)
            } catch let failure as WebError {
                error = failure
            } catch let postponed as Postponed {
                error = postponed.error
                pause = max(delay, postponed.pause ?? .zero)
            }
            guard error.isTransient, attempt < attempts ?? settings.attempts, pause <= settings.patience else {
                let times = attempt > 1 ? " in \(attempt) attempts" : ""
                let proxy = try settings.proxies.proxy(for: request.address)
                let way = proxy.map { " through the proxy \($0.host):\($0.port)" } ?? ""
                let task = request.task ?? "couldn't get \(request.address)"
                throw Failure("\(task)\(way)\(times)", because: error, help: error.help(for: request))
            }
            try wait(pause)
            delay *= 2
        }
    }

    /// Waits, as long as the checkpoint lets it.
    package func wait(_ delay: Duration) throws {
        let clock = ContinuousClock()
        let end = clock.now + delay
        while clock.now < end {
            try checkpoint()
            usleep(20_000)
        }
    }

    /// Sends a request, and again to where the answer points.
    private func follow<Result>(
        _ original: WebRequest, _ receive: (WebResponse, WebBody) throws -> Result
    ) throws -> Result {
        var request = original
        let start = original.address
        var login: WebAuthorization?
        for _ in 0...settings.redirectLimit {
            // Those in a Location are the server's own choice; ours are for the server that they were given for.
            let isAtHome = request.address.origin == start.origin
            let own = original.authorization ?? start.credentials.map(WebAuthorization.basic) ?? login
            let home = isAtHome ? own : nil
            let named = request.address.credentials.map(WebAuthorization.basic)
            request.authorization = original.authorization == nil ? named ?? home : home ?? named
            request.mayLogIn = original.mayLogIn && isAtHome
            var next: WebAddress?
            let result = try exchange(request) { response, body -> Result? in
                if let location = response.redirect {
                    guard request.body == nil || [307, 308].contains(response.status) else {
                        throw WebError.answer("it leads elsewhere what was to be stored there (\(response.status))")
                    }
                    let place = try Self.resolve(location, from: request.address)
                    if start.isSecure, !place.isSecure, original.verifiesServer, !original.mayLeaveTLS {
                        throw WebError.plainRedirect(String(place.description.prefix { $0 != "?" }))
                    }
                    next = place
                    return nil
                }
                if response.status == 401, request.authorization == nil,
                    let found = try self.login(for: request, response)
                {
                    login = found
                    next = request.address
                    return nil
                }
                let error = WebError.status(response.status, response.reason)
                if error.isTransient { throw Postponed(error: error, pause: response.retryAfter) }
                return try receive(response, body)
            }
            if let result { return result }
            if let next { request.address = next }
        }
        throw WebError.answer("it leads in a circle: more than \(settings.redirectLimit) redirects")
    }

    /// The password that was kept for a server. Only TLS keeps it from others, where they are between us and the server.
    private func login(for request: WebRequest, _ response: WebResponse) throws -> WebAuthorization? {
        guard request.mayLogIn, request.address.isSecure || request.address.isLocal,
            Challenge.all(in: response.values("WWW-Authenticate")).contains(where: { $0.scheme == "basic" })
        else { return nil }
        let path = request.address.target.prefix { $0 != "?" }
        return try password("\(request.address.authority)\(path)").map(WebAuthorization.basic)
    }

    private static func resolve(_ location: String, from address: WebAddress) throws -> WebAddress {
        do {
            return try address.resolving(location)
        } catch {
            // What it is asked for may be a secret.
            let place = shown(WebAddress.withoutCredentials(location).prefix { $0 != "?" })
            throw WebError.answer("it leads to \(place), which is not http or https")
        }
    }

    /// One request to one server. However it ends, nothing of it goes on.
    private func exchange<Result>(
        _ request: WebRequest, _ receive: (WebResponse, WebBody) throws -> Result
    ) throws -> Result {
        try checkpoint()
        let proxy = try settings.proxies.proxy(for: request.address)
        return try connections.withHandle { handle in
            try handle.prepare(request, through: proxy, settings)
            let transfer = try Transfer(handle, request, settings, checkpoint: checkpoint)
            defer { transfer.end() }
            return try receive(transfer.response(), WebBody(of: transfer))
        }
    }
}
