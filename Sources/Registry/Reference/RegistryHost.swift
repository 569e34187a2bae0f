import Failure
import Web

/// A registry by its name: a host, and a port if it is not the usual one.
package struct RegistryHost: Sendable, Hashable, CustomStringConvertible {
    /// `docker.io`, `localhost:5000`: in lower case, as references and files of credentials have it.
    package let name: String
    /// Where it listens.
    let address: WebAddress

    /// Docker Hub has one name in references and another one as a server.
    static let dockerHub = RegistryHost(name: "docker.io", at: "registry-1.docker.io")

    /// Reads `host` or `host:port`.
    init(_ text: String) throws {
        let name = text.lowercased()
        if ["docker.io", "index.docker.io", "registry-1.docker.io"].contains(name) {
            self = .dockerHub
            return
        }
        guard let address = try? WebAddress("https://\(name)/"), address.credentials == nil, address.target == "/",
            !name.hasSuffix(":")
        else { throw Failure("\(shown(name)) is no registry", help: "a registry is host or host:port") }
        self.name = name
        self.address = address
    }

    private init(name: String, at host: String) {
        self.name = name
        address = WebAddress(isSecure: true, host: host, port: 443)
    }

    /// As in a reference.
    package var description: String { name }

    /// The place of a path below the registry's root.
    func address(_ path: String, isSecure: Bool) -> WebAddress {
        let port = address.hasPort ? address.port : isSecure ? 443 : 80
        return WebAddress(isSecure: isSecure, host: address.host, port: port, target: path)
    }
}
