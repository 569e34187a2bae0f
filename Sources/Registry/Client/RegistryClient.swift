import Failure
import OCI
import Synchronization
import Web

/// One registry, spoken to by the distribution spec.
///
/// [distribution-spec](https://github.com/opencontainers/distribution-spec/blob/main/spec.md)
package final class RegistryClient: Sendable {
    /// The registry.
    package let registry: RegistryHost
    let web: WebClient
    private let isInsecure: Bool
    private let allowance: String?
    private let authorizer: Authorizer
    private let transport: Mutex<Transport?>

    /// How the registry is spoken to.
    enum Transport: Sendable {
        /// TLS, and the registry is the one that it should be.
        case verified
        /// TLS with whoever is there.
        case unverified
        case plain
    }

    /// A client for one registry.
    ///
    /// - Parameters:
    ///   - isInsecure: TLS is not verified, and where there is none, none is used.
    ///   - allowance: what users write to have it so, for messages; `nil` where they can't.
    package init(
        _ registry: RegistryHost, isInsecure: Bool, allowedBy allowance: String? = nil, web: WebClient,
        credentials: Credentials
    ) {
        self.registry = registry
        self.isInsecure = isInsecure
        self.allowance = allowance
        self.web = web
        authorizer = Authorizer(registry, allowedBy: allowance, web: web, credentials: credentials)
        transport = Mutex(isInsecure ? nil : .verified)
    }

    /// What the registry is asked.
    struct Request {
        var method: HTTPMethod = .GET
        /// Where: a path below the registry's root, or where the registry itself has sent us.
        var place: Place
        var scope: Scope
        var headers: [(name: String, value: String)] = []
        var body: WebUpload?
        /// What a message says could not be done.
        var task: String
        /// How often it is tried; `nil` is what the client's settings say.
        var attempts: Int?
        /// Whether the digest of what comes is known: then it may come from anywhere.
        var isVerified = false

        enum Place {
            case path(String)
            case address(WebAddress)
        }
    }

    /// Sends a request, with what the registry wants to let us in.
    ///
    /// - Parameters:
    ///   - request: made anew with each attempt.
    ///   - receive: takes the response, whatever it says but 401; called anew with each attempt.
    func send<Result>(
        _ request: () throws -> Request, _ receive: (WebResponse, WebBody) throws -> Result
    ) throws -> Result {
        let scope = try request().scope
        var hasAsked = false
        while true {
            let authorization = authorizer.authorization(for: scope)
            var challenges: [Challenge]?
            let result = try transported(request, authorization) { response, body -> Result? in
                // A 401 from elsewhere, after a redirect, is not about what we can prove here.
                guard response.status == 401, response.address.host == registry.address.host else {
                    return try receive(response, body)
                }
                challenges = Challenge.all(in: response.values("WWW-Authenticate"))
                return nil
            }
            if let result { return result }
            let task = try request().task
            try attempt(task) {
                // A token of this moment that is not enough will not become so. (A password that is refused is the
                // authorizer's to report.)
                if hasAsked, authorization?.isPassword != true { throw authorizer.insufficient(scope) }
                hasAsked = true
                try authorizer.respond(
                    to: challenges ?? [], scope, rejected: authorization, isVerified: !isInsecure)
            }
        }
    }

    /// Sends a request by TLS or not. Which it is turns out with the first one.
    private func transported<Result>(
        _ request: () throws -> Request, _ authorization: WebAuthorization?,
        _ receive: (WebResponse, WebBody) throws -> Result
    ) throws -> Result {
        var hasAnswered = false
        func send(by transport: Transport, attempts: Int?) throws -> Result {
            let own = try request().attempts
            return try web.send(
                attempts: attempts ?? own, { try webRequest(request(), transport, authorization) }
            ) { response, body in
                hasAnswered = true
                self.transport.withLock { $0 = $0 ?? transport }
                return try receive(response, body)
            }
        }
        if let known = transport.withLock({ $0 }) { return try send(by: known, attempts: nil) }
        do {
            return try send(by: .unverified, attempts: 1)
        } catch let failure as Failure where failure.rootCause is WebError && !hasAnswered {
            // Another thread may have found out meanwhile.
            return try send(by: transport.withLock { $0 } ?? .plain, attempts: nil)
        }
    }

    private func webRequest(
        _ request: Request, _ transport: Transport, _ authorization: WebAuthorization?
    ) -> WebRequest {
        let home = registry.address("/", isSecure: transport != .plain)
        let address =
            switch request.place {
            case .path(let path): registry.address(path, isSecure: transport != .plain)
            case .address(let address): address
            }
        var question = WebRequest(address, method: request.method)
        question.headers = request.headers
        question.authorization = address.origin == home.origin ? authorization : nil
        question.body = request.body
        question.verifiesServer = transport == .verified
        question.mayLeaveTLS = request.isVerified
        question.nameRemedy(allowance)
        question.task = request.task
        return question
    }
}

extension WebBody {
    /// Takes an answer that is not what was hoped for.
    ///
    /// - Returns: the error, with the registry's own code for it: one word, so that nothing a registry says can show
    ///   what it was sent.
    func refusal(_ response: WebResponse) -> WebError {
        let code = (try? content(limit: 64 << 10)).flatMap { try? JSON.decode(RegistryErrors.self, from: $0) }?
            .errors?.first?.code
        let isWord = code.map { $0.utf8.count < 40 && $0.utf8.allSatisfy { (0x41...0x5a).contains($0) || $0 == 0x5f } }
        guard let code, isWord == true else { return .status(response.status, response.reason) }
        return .status(response.status, "\(response.reason) (\(code))")
    }
}

/// [distribution-spec, "Error Codes"](https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes)
private struct RegistryErrors: Decodable {
    var errors: [Entry]?

    struct Entry: Decodable {
        var code: String?
    }
}
