import Failure
import FileTree
import OCI

/// An image in a registry: `registry/repository:tag` or `registry/repository@digest`, in the short forms that Docker
/// allows too.
///
/// In text it is complete: `ubuntu` is `docker.io/library/ubuntu:latest`.
///
/// [distribution-spec, "Pulling manifests"](https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests)
package struct ImageReference: Sendable, Hashable, CustomStringConvertible {
    /// The registry.
    package let registry: RegistryHost
    /// The repository in it: `library/ubuntu`.
    package let repository: String
    /// The tag. With a digest it says nothing, and may be missing.
    package let tag: String?
    /// The digest of the manifest, where the image is named by it.
    package let digest: Digest?

    /// Longer texts are none; what counts is bounded more tightly below.
    private static let limit = 1024

    /// Reads what follows `docker://`.
    ///
    /// What stands before the first "/" is a registry if it has a dot or a colon, or is `localhost`;
    /// otherwise the image is one of Docker Hub's, where a name without "/" is one of `library/`.
    ///
    /// - Throws: `Failure` that shows the text without a user name and password that somebody wrote into it.
    package init(_ text: String) throws {
        do {
            guard text.utf8.count <= Self.limit else { throw Failure("it is longer than \(Self.limit) bytes") }
            var rest = text[...]
            var digest: Digest?
            if let mark = Self.digestMark(rest) {
                digest = try Digest(rest[rest.index(after: mark)...])
                rest = rest[..<mark]
            }
            guard rest.last != "@" else {
                throw Failure(
                    "nothing follows its \"@\"", help: "write the digest there, as @sha256:…, or a tag, as :latest")
            }
            guard !rest.contains("@") else {
                throw Failure(
                    "it has a user name in it, or a digest that is not sha256",
                    help: "skopeo login keeps user name and password in a file, from where they are taken")
            }
            let authority = rest.prefix { $0 != "/" }
            var registry = RegistryHost.dockerHub
            if authority.endIndex < rest.endIndex, Self.namesRegistry(authority) {
                registry = try RegistryHost(String(authority))
                rest = rest[rest.index(after: authority.endIndex)...]
            }
            var tag: String?
            let lastComponent = rest.lastIndex(of: "/").map { rest.index(after: $0) } ?? rest.startIndex
            if let colon = rest[lastComponent...].firstIndex(of: ":") {
                tag = try Self.checked(tag: String(rest[rest.index(after: colon)...]))
                rest = rest[..<colon]
            }
            var repository = String(rest)
            if registry == .dockerHub, !repository.contains("/") { repository = "library/\(repository)" }
            self.registry = registry
            self.repository = try Self.checked(repository: repository)
            self.tag = tag ?? (digest == nil ? "latest" : nil)
            self.digest = digest
        } catch {
            throw Failure(
                "docker://\(shown(Self.withoutCredentials(text))) does not name an image", because: error,
                help: "write docker://registry/name:tag, docker://registry/name@sha256:… or docker://name:tag")
        }
    }

    /// What to do about a text that was taken for a thing of this machine, which is not there.
    ///
    /// - Returns: `nil` where the text can't be an image of a registry, or is rather a file's name.
    package static func advice(on text: String) -> String? {
        let last = text.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
        guard last.contains(":") || !last.contains("."), (try? ImageReference(text)) != nil else { return nil }
        return "an image of a registry is docker://\(shown(text))"
    }

    /// The complete reference.
    package var description: String {
        "\(registry)/\(repository)" + (tag.map { ":\($0)" } ?? "") + (digest.map { "@\($0)" } ?? "")
    }

    /// What the manifest is asked for by: the digest, if there is one.
    var manifestName: String { digest?.description ?? tag ?? "latest" }

    /// The "@" before a digest at the end.
    private static func digestMark(_ text: Substring) -> Substring.Index? {
        guard let mark = text.lastIndex(of: "@") else { return nil }
        let end = text[text.index(after: mark)...]
        return ["sha256:", "sha384:", "sha512:"].contains(where: end.hasPrefix) ? mark : nil
    }

    /// What may be shown of a text that may be anything: nothing before an "@" that begins no digest.
    private static func withoutCredentials(_ text: String) -> Substring {
        let body = digestMark(text[...]).map { text[..<$0] } ?? text[...]
        return body.lastIndex(of: "@").map { text[text.index(after: $0)...] } ?? text[...]
    }

    private static func namesRegistry(_ text: Substring) -> Bool {
        text == "localhost" || text.contains { $0 == "." || $0 == ":" }
    }

    /// The text, if it is a tag.
    package static func checked(tag: String) throws -> String {
        let bytes = tag.utf8
        guard let first = bytes.first, bytes.count <= 128, isWordByte(first),
            bytes.allSatisfy({ isWordByte($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") })
        else {
            throw Failure(
                "\"\(shown(tag))\" is no tag",
                help:
                    "a tag has at most 128 letters, digits, \"_\", \".\" and \"-\", and begins with none of the last two"
            )
        }
        return tag
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || (0x41...0x5a).contains(byte) || byte == UInt8(ascii: "_")
    }

    private static func checked(repository: String) throws -> String {
        guard repository.utf8.count <= 255,
            repository.split(separator: "/", omittingEmptySubsequences: false).allSatisfy(isComponent)
        else {
            let help =
                repository.contains { $0.isUppercase }
                ? "a repository has no capital letters"
                : "it is made of lower-case letters and digits, with \".\", \"_\", \"__\" or \"-\" between them"
            throw Failure("\(shown(repository)) is no repository", help: help)
        }
        return repository
    }

    /// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`
    private static func isComponent(_ text: Substring) -> Bool {
        var separator: [UInt8] = []
        var hasWord = false
        for byte in text.utf8 {
            if isAlphanumeric(byte) {
                separator = []
                hasWord = true
                continue
            }
            separator.append(byte)
            let isAllowed =
                separator == Array(".".utf8) || separator == Array("_".utf8) || separator == Array("__".utf8)
                || separator.allSatisfy { $0 == UInt8(ascii: "-") }
            guard hasWord, isAllowed else { return false }
        }
        return hasWord && separator.isEmpty
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte)
    }
}
