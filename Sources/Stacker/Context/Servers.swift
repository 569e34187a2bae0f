import Host
import Registry
import Synchronization
import Web

/// What a command reaches over a network: web servers, and registries with the logins that the user has for them.
///
/// A stop signal ends whatever is under way.
final class Servers: Sendable {
    /// Speaks to all of them.
    let web: WebClient
    private let logins: Credentials
    private let registries = Mutex<[Access: RegistryClient]>([:])

    private struct Access: Hashable {
        var registry: RegistryHost
        var isInsecure: Bool
        var allowance: String?
    }

    /// - Parameter cancellation: also ends it.
    init(until cancellation: Cancellation? = nil) {
        let checkpoint: @Sendable () throws -> Void = { try cancellation?.check() ?? StopSignal.check() }
        logins = Credentials(checkpoint: checkpoint)
        web = WebClient(checkpoint: checkpoint, password: logins.password(for:))
    }

    /// A registry: always the same client, which knows already how the registry is spoken to, and what lets us in.
    ///
    /// - Parameters:
    ///   - isInsecure: whether it may be spoken to without verified TLS.
    ///   - allowance: what users write to have it so, for messages; `nil` where they can't.
    ///   - user: who to be there, in place of who has logged in.
    func registry(
        _ registry: RegistryHost, isInsecure: Bool, allowedBy allowance: String? = nil, as user: WebCredentials? = nil
    ) -> RegistryClient {
        func client(_ credentials: Credentials) -> RegistryClient {
            RegistryClient(
                registry, isInsecure: isInsecure, allowedBy: allowance, web: web, credentials: credentials)
        }
        if let user { return client(Credentials(given: user)) }
        return registries.withLock { registries in
            let access = Access(registry: registry, isInsecure: isInsecure, allowance: allowance)
            if let known = registries[access] { return known }
            let new = client(logins)
            registries[access] = new
            return new
        }
    }
}
