import Failure
import OCI
import Registry
import Web

/// A repository of a registry in which stackers keep layers for each other. Its tags are keys.
struct SharedRepository: Sendable, Hashable, CustomStringConvertible {
    let registry: RegistryHost
    /// Its path there.
    let path: String
    private let name: String

    /// Reads `docker://registry/repository`.
    ///
    /// - Parameter option: how a message names where it was given.
    init(_ url: String, option: String) throws {
        guard WebAddress.withoutCredentials(url) == url else {
            throw Failure(
                "\(option) \(quoted(WebAddress.withoutCredentials(url))) has a user name or a password in it",
                help: "leave it out; logins are those of skopeo login, podman login and docker login")
        }
        let help = "name a repository without a tag: \(option) docker://registry/team/cache"
        let path = url.dropFirst("docker://".count)
        guard url.hasPrefix("docker://"), !path.isEmpty else {
            throw Failure(
                "\(option) \(quoted(WebAddress.withoutCredentials(url))) does not name a repository", help: help)
        }
        let reference: ImageReference
        do {
            // With a tag or a digest of its own, or with a registry alone, this is none.
            reference = try ImageReference("\(path):\(Digest(of: []).hex)")
        } catch {
            throw Failure(
                "\(option) \(quoted(WebAddress.withoutCredentials(url))) does not name a repository", help: help)
        }
        registry = reference.registry
        self.path = reference.repository
        name = "\(reference.registry)/\(reference.repository)"
    }

    /// The place of an entry.
    func reference(_ key: Digest) throws -> ImageReference { try reference(.entry(key)) }

    /// The place of an entry, or of something beside it.
    func reference(_ tag: SharedTag) throws -> ImageReference { try ImageReference("\(name):\(tag)") }

    /// As it is written on the command line.
    var description: String { "docker://\(name)" }
}
