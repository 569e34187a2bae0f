import Registry
import Synchronization

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
    }

    init() {
        logins = Credentials(checkpoint: { try StopSignal.check() })
        web = WebClient(credentials: logins, checkpoint: { try StopSignal.check() })
    }

    /// A registry: always the same client, which knows already how the registry is spoken to, and what lets us in.
    ///
    /// - Parameters:
    ///   - isInsecure: whether it may be spoken to without verified TLS.
    ///   - user: who to be there, in place of who has logged in.
    func registry(_ registry: RegistryHost, isInsecure: Bool, as user: WebCredentials? = nil) -> RegistryClient {
        if let user {
            return RegistryClient(registry, isInsecure: isInsecure, web: web, credentials: Credentials(given: user))
        }
        return registries.withLock { registries in
            let access = Access(registry: registry, isInsecure: isInsecure)
            if let client = registries[access] { return client }
            let client = RegistryClient(registry, isInsecure: isInsecure, web: web, credentials: logins)
            registries[access] = client
            return client
        }
    }
}
