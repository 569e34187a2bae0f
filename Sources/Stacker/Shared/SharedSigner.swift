import Failure
import FoundationEssentials
import OCI
import Signatures
import SystemPackage

/// Signs the entries that are put into shared caches: `--cache-sign`.
struct SharedSigner: Sendable {
    private let key: SigningKey
    /// Whose entries may stay where they are: those of this key, and of all that are trusted.
    let trust: SharedTrust
    /// What the user should know of the key's file.
    let warning: String?

    /// Reads the key that a request names.
    ///
    /// - Returns: `nil` if it names none: then entries are not signed.
    /// - Throws: `Failure` for a file without a key that can be used.
    init?(_ request: BuildRequest) throws {
        guard let path = request.cacheSign else { return nil }
        guard !request.cacheTo.isEmpty else {
            throw Failure(
                "--cache-sign is about what is put into a shared cache, and there is no --cache-to",
                help: "name the cache: --cache-to docker://registry/team/cache")
        }
        let key = try attempt("couldn't use --cache-sign \(path)") { try SigningKey(at: FilePath(path)) }
        warning = key.exposedBy.map { mode in
            "others can read the private key \(path), whose mode is \(String(mode, radix: 8)), and sign with it; "
                + "chmod 600 would keep it to you"
        }
        self.key = key
        trust = SharedTrust([key.publicKey]).and(try SharedTrust(request))
    }

    /// Signs an entry as it is: what changes of the manifest afterwards makes the signature wrong.
    func sign(_ manifest: inout ArtifactManifest) throws {
        var annotations = manifest.annotations ?? [:]
        let signature = try key.sign(SharedSignature.text(of: manifest))
        annotations[SharedSignature.annotation] = Data(signature).base64EncodedString()
        annotations[SharedSignature.keyAnnotation] = key.publicKey.id.description
        manifest.annotations = annotations
    }
}
