import Failure
import OCI
import Signatures
import SystemPackage

/// Whose entries are taken: those that one of some keys has signed, `--cache-trust`.
struct SharedTrust: Sendable {
    private let keys: [PublicKey]

    init(_ keys: [PublicKey]) { self.keys = keys }

    /// The same, and whom another one trusts.
    func and(_ other: SharedTrust?) -> SharedTrust { SharedTrust(keys + (other?.keys ?? [])) }

    /// Reads the keys that a request names.
    ///
    /// - Returns: `nil` if it names none: then entries need no signature.
    /// - Throws: `Failure` for a file without a key that can be used.
    init?(_ request: BuildRequest) throws {
        guard !request.cacheTrust.isEmpty else { return nil }
        guard !request.cacheFrom.isEmpty || request.cacheSign != nil else {
            throw Failure(
                "--cache-trust is about what is taken from a shared cache, and there is no --cache-from",
                help: "name the cache: --cache-from docker://registry/team/cache")
        }
        keys = try request.cacheTrust.map { path in
            try attempt("couldn't use --cache-trust \(path)") { try PublicKey(at: FilePath(path)) }
        }
    }

    /// Checks that an entry is what somebody trusted has made for a layer. Of what the manifest names nothing is needed.
    ///
    /// - Parameters:
    ///   - key: the layer's; a manifest that was signed for another one is refused.
    ///   - platform: for which the layer is built.
    /// - Throws: `Failure` that says why it isn't.
    func check(_ manifest: ArtifactManifest, key: Digest, platform: Platform) throws {
        let (signature, signer) = try SharedSignature.read(manifest)
        guard let signer = keys.first(where: { $0.id.description == signer }) else {
            throw Failure("the entry is signed by a key that is not trusted, \(shown(signer, limit: 80))")
        }
        guard try signer.verifies(signature, of: SharedSignature.text(of: manifest)) else {
            throw Failure("the entry has a signature that is wrong: it is not what \(signer.id) has signed")
        }
        for (name, value) in SharedAnnotations.subject(of: key, for: platform).sorted(by: { $0.key < $1.key }) {
            guard let signed = manifest.annotations?[name], signed == value else {
                let other = manifest.annotations?[name].map { quoted($0) } ?? "nothing"
                throw Failure(
                    "the entry was signed as another layer's: its \(name) is \(other), and not \(quoted(value))")
            }
        }
    }
}
