import Failure
import FoundationEssentials
import OCI
import Synchronization
import Web

/// What is done in a repository: a token is good for that and no more.
struct Scope: Sendable, Hashable {
    var repository: String
    var mayPush = false
    /// Whether manifests are deleted. Registries have several names for that right, and say which with their challenge.
    var mayDelete = false
    /// Another repository, from which a blob is to be taken over.
    var other: String?

    /// `repository:library/ubuntu:pull`, one for each repository.
    ///
    /// - Parameter challenge: what the registry has answered.
    func texts(_ challenge: Challenge) -> [String] {
        ["repository:\(repository):\(actions(challenge))"] + (other.map { ["repository:\($0):pull"] } ?? [])
    }

    private func actions(_ challenge: Challenge) -> String {
        guard mayDelete else { return mayPush ? "pull,push" : "pull" }
        let prefix = "repository:\(repository):"
        let wanted = (challenge.parameters["scope"] ?? "").split(separator: " ").first { $0.hasPrefix(prefix) }
        let actions = wanted?.dropFirst(prefix.count) ?? ""
        let areWords = actions.utf8.allSatisfy { (0x61...0x7a).contains($0) || [0x2a, 0x2c].contains($0) }
        return actions.isEmpty || !areWords || actions.utf8.count > 100 ? "delete" : String(actions)
    }
}

extension WebRequest {
    /// Has messages say what lets stacker speak to a registry without TLS.
    ///
    /// - Parameter allowance: what users write to have an insecure registry; `nil` where they can't.
    mutating func nameRemedy(_ allowance: String?) {
        plainRemedy = allowance
        redirectHelp = allowance.map { "\($0) allows that" }
    }
}

/// Gets what a registry wants before it answers: a password with each request, or a token that is got for it.
///
/// [distribution, "Token Authentication Specification"](https://distribution.github.io/distribution/spec/auth/token/)
final class Authorizer: Sendable {
    private let registry: RegistryHost
    private let allowance: String?
    private let web: WebClient
    private let credentials: Credentials
    private let held = Mutex<[Scope: Held]>([:])

    private struct Held {
        var authorization: WebAuthorization
        /// When it is no longer good.
        var end: ContinuousClock.Instant?
    }

    /// - Parameter allowance: what users write to have an insecure registry, for messages.
    init(_ registry: RegistryHost, allowedBy allowance: String? = nil, web: WebClient, credentials: Credentials) {
        self.registry = registry
        self.allowance = allowance
        self.web = web
        self.credentials = credentials
    }

    /// What to send with a request; `nil` as long as the registry has not asked for anything.
    func authorization(for scope: Scope) -> WebAuthorization? {
        held.withLock { held in
            guard let one = held[scope] else { return nil }
            if let end = one.end, ContinuousClock.now > end { return nil }
            return one.authorization
        }
    }

    /// Answers a registry that has refused a request for want of authorization.
    ///
    /// - Parameters:
    ///   - challenges: what it offers.
    ///   - rejected: what was sent with the request.
    ///   - isVerified: whether it is sure that the registry is the one it is taken for.
    /// - Throws: `Failure` if there is nothing else to send.
    func respond(
        to challenges: [Challenge], _ scope: Scope, rejected: WebAuthorization?, isVerified: Bool
    ) throws {
        let login = try credentials.login(for: "\(registry)/\(scope.repository)")
        let answer: Held
        if let bearer = challenges.first(where: { $0.scheme == "bearer" }) {
            answer = try attempt("couldn't get a token for \(registry)/\(scope.repository)") {
                try token(bearer, scope, login, isVerified: isVerified)
            }
        } else if challenges.contains(where: { $0.scheme == "basic" }) {
            guard case .password(let credentials) = login else { throw noLogin }
            answer = Held(authorization: .basic(credentials))
        } else {
            throw Failure("\(registry) wants a way of logging in that stacker doesn't know")
        }
        if answer.authorization == rejected {
            throw Failure(
                "\(registry) does not accept the user name and password",
                because: WebError.status(401, "Unauthorized"), help: "they are from \(credentials.places)")
        }
        held.withLock { $0[scope] = answer }
    }

    private var noLogin: Failure {
        Failure(
            "\(registry) wants a user name and a password", because: WebError.status(401, "Unauthorized"),
            help: "log in with skopeo login \(registry), or name a file of credentials in REGISTRY_AUTH_FILE; "
                + "these were looked into: \(credentials.places)")
    }

    /// What there is to say when a registry does not let us do what a token was just got for.
    func insufficient(_ scope: Scope) -> Failure {
        let login = (try? credentials.login(for: "\(registry)/\(scope.repository)")) ?? nil
        let what = "a repository that does not exist may be refused like that, too"
        return login == nil
            ? Failure(
                "\(registry) does not let everybody do it", because: WebError.status(401, "Unauthorized"),
                help: "log in with skopeo login \(registry); \(what)")
            : Failure(
                "\(registry) does not let this user do it", because: WebError.status(401, "Unauthorized"),
                help: "the user name and password are from \(credentials.places); \(what)")
    }

    // MARK: - Tokens

    private struct Token: Decodable {
        var token: String?
        var access_token: String?
        /// Seconds.
        var expires_in: Double?
    }

    private func token(_ challenge: Challenge, _ scope: Scope, _ login: Login?, isVerified: Bool) throws -> Held {
        let realm = challenge.parameters["realm"] ?? ""
        let address = try attempt("the registry names no place to get it at") { try WebAddress(realm) }
        // Who can change the registry's answer could otherwise have the password sent in the clear, to anybody.
        guard address.isSecure || !isVerified else {
            throw Failure(
                "the registry has it at \(address), without TLS, where a password is not safe",
                help: allowance.map { "\($0) allows that" })
        }
        let scopes = scope.texts(challenge)
        var query = scopes.map { ("scope", $0) }
        if let service = challenge.parameters["service"] { query.append(("service", service)) }
        var request = WebRequest(address)
        request.verifiesServer = isVerified
        request.task = "couldn't get it from \(address.origin)"
        request.nameRemedy(allowance)
        switch login {
        case .identityToken(let refresh):
            // A form has them in one, separated by spaces.
            query = query.filter { $0.0 != "scope" } + [("scope", scopes.joined(separator: " "))]
            query += [("grant_type", "refresh_token"), ("client_id", "stacker"), ("refresh_token", refresh)]
            request.method = .POST
            request.headers = [("Content-Type", "application/x-www-form-urlencoded")]
            request.body = .bytes(Array(formEncoded(query).utf8))
        case .password(let credentials):
            query.append(("account", credentials.user))
            request.authorization = .basic(credentials)
            request.address = address.adding(query: formEncoded(query))
        case nil:
            request.address = address.adding(query: formEncoded(query))
        }
        let question = request
        let bytes = try web.send({ question }) { response, body in
            let content = try body.content(limit: 1 << 20)
            guard response.isSuccess else {
                if response.status == 401, login == nil { throw noLogin }
                throw WebError.status(response.status, response.reason)
            }
            return content
        }
        guard let answer = try? JSONDecoder().decode(Token.self, from: Data(bytes)),
            let token = [answer.token, answer.access_token].lazy.compactMap(\.self).first(where: { !$0.isEmpty }),
            token.utf8.allSatisfy({ (0x21...0x7e).contains($0) })
        else { throw Failure("the answer of \(address.origin) holds no token") }
        // A little earlier than it ends, so that it does not end on the way.
        let seconds = min(max(answer.expires_in ?? 60, 60), 86400) - 10
        return Held(authorization: .bearer(token), end: ContinuousClock.now + .seconds(seconds))
    }
}
