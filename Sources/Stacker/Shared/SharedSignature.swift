import Failure
import FoundationEssentials
import OCI

/// What is signed of an entry, and where its manifest has the signature.
///
/// docs/registries.md, "signed entries", has the format; its first line says which it is.
enum SharedSignature {
    /// The signature, in base64.
    static let annotation = "vnd.stacker.shared-layer.signature"
    /// By which key, as ``PublicKey/id`` has it.
    static let keyAnnotation = "vnd.stacker.shared-layer.signed-by"

    /// The text that is signed: lines of words with a blank between, each line with its end.
    ///
    /// - Throws: `Failure` if the manifest has a name or a value that could be taken for several.
    static func text(of manifest: ArtifactManifest) throws -> [UInt8] {
        var lines = [
            "stacker shared layer signature 1",
            "artifact \(try word(manifest.artifactType?.rawValue ?? ""))",
            "config \(try words(of: manifest.config))",
        ]
        lines += try manifest.layers.map { "blob \(try words(of: $0))" }
        let annotations = (manifest.annotations ?? [:]).filter { $0.key != annotation && $0.key != keyAnnotation }
        lines += try annotations.map { "annotation \(try word($0.key)) \(try line($0.value))" }
            // The names are ASCII, and a blank comes before all that may be in them.
            .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        return Array((lines.joined(separator: "\n") + "\n").utf8)
    }

    private static func words(of blob: Descriptor) throws -> String {
        "\(blob.digest) \(blob.size) \(try word(blob.mediaType.rawValue))"
    }

    /// Text without blanks: printable ASCII.
    private static func word(_ text: String) throws -> String {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            throw Failure("an entry that has \(quoted(text)) for a name can't be signed")
        }
        return text
    }

    /// Text without control characters, the ends of lines among them.
    private static func line(_ text: String) throws -> String {
        guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else {
            throw Failure("an entry with the annotation \(quoted(text)) can't be signed")
        }
        return text
    }

    /// The signature that a manifest has, and by whose key it says that it is.
    static func read(_ manifest: ArtifactManifest) throws -> (signature: [UInt8], key: String) {
        guard let text = manifest.annotations?[annotation], let key = manifest.annotations?[keyAnnotation] else {
            throw Failure("the entry is not signed")
        }
        guard let signature = Data(base64Encoded: text) else {
            throw Failure("the entry has a signature that is none: \(quoted(text))")
        }
        return (Array(signature), key)
    }
}
