import Failure
import FoundationEssentials
import OCI
import SystemPackage
import Web

/// What lets the user into a registry. In text it shows nothing of it.
enum Login: Sendable, Equatable, CustomStringConvertible {
    case password(WebCredentials)
    /// A token that others are got with: what some registries have in place of a password.
    case identityToken(String)

    var description: String { "credentials" }
}

/// A file in which programs that log in to registries keep what they were told: `auth.json`, Docker's `config.json`.
///
/// [containers-auth.json(5)](https://github.com/containers/image/blob/main/docs/containers-auth.json.5.md)
struct CredentialFile: Sendable {
    let path: FilePath
    /// By registry, with or without a path below it.
    private let logins: [String: Login]
    /// The helper program for a registry, or a path below one.
    private let helpers: [String: String]
    /// The helper program for all others.
    private let store: String?

    /// Reads a file's content.
    ///
    /// - Throws: `Failure` that names the file and shows nothing of what is in it.
    init(_ bytes: [UInt8], at path: FilePath) throws {
        self.path = path
        guard let file = try? JSONDecoder().decode(File.self, from: Data(bytes)) else {
            throw Failure(
                "couldn't understand the file of credentials \(path): it is not what a login writes",
                help: "mend or remove it, or name another one in REGISTRY_AUTH_FILE")
        }
        store = file.credsStore.flatMap { $0.isEmpty ? nil : $0 }
        helpers = Dictionary((file.credHelpers ?? [:]).map { (Self.normalized($0), $1) }) { first, _ in first }
        logins = Dictionary(
            (file.auths ?? [:]).compactMap { key, entry in entry.login.map { (Self.normalized(key), $0) } }
        ) { first, _ in first }
    }

    /// What the file has for a repository.
    ///
    /// - Parameters:
    ///   - place: the registry's name, a "/", and the repository.
    ///   - ask: asks a helper program of this name for a registry.
    func login(for place: String, ask: (_ helper: String, _ server: String) throws -> Login?) throws -> Login? {
        let registry = String(place.prefix { $0 != "/" })
        for prefix in Self.prefixes(of: place) {
            if let helper = helpers[prefix], let login = try ask(helper, prefix) { return login }
            if let login = logins[prefix] { return login }
        }
        return try store.flatMap { try ask($0, registry) }
    }

    /// `a/b/c`, `a/b`, `a`: the longest first.
    private static func prefixes(of place: String) -> [String] {
        var parts = place.split(separator: "/")
        var prefixes: [String] = []
        while !parts.isEmpty {
            prefixes.append(parts.joined(separator: "/"))
            parts.removeLast()
        }
        return prefixes
    }

    /// Docker writes `https://index.docker.io/v1/` and `https://host`, others `host/path`.
    private static func normalized(_ key: String) -> String {
        var name = key[...]
        if let scheme = name.firstRange(of: "://") { name = name[scheme.upperBound...].prefix { $0 != "/" } }
        let host = name.prefix { $0 != "/" }
        let registry = (try? RegistryHost(String(host)).name) ?? host.lowercased()
        var path = name.dropFirst(host.count)
        while path.hasSuffix("/") { path = path.dropLast() }
        return registry + path
    }

    private struct File: Decodable {
        var auths: [String: Entry]?
        var credHelpers: [String: String]?
        var credsStore: String?
    }

    private struct Entry: Decodable {
        /// `user:password` in base64.
        var auth: String?
        var username: String?
        var password: String?
        var identitytoken: String?

        /// `nil` for an entry that only says that a helper program has it.
        var login: Login? {
            if let identitytoken, !identitytoken.isEmpty { return .identityToken(identitytoken) }
            if let auth, let data = Data(base64Encoded: auth) {
                // Docker pads with NUL bytes.
                let text = String(decoding: data.filter { $0 != 0 }, as: UTF8.self)
                let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
                if parts.count == 2, !text.hasPrefix(":") {
                    return .password(WebCredentials(user: String(parts[0]), password: String(parts[1])))
                }
            }
            guard let username, !username.isEmpty, let password else { return nil }
            return .password(WebCredentials(user: username, password: password))
        }
    }
}
