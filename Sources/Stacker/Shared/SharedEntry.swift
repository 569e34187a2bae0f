import Failure
import OCI
import Registry

/// One layer in a shared cache, of which no more is known than the manifest of the artifact that it is.
struct SharedEntry: Sendable {
    /// Where it is.
    let repository: SharedRepository
    /// What it was built of.
    let key: Digest
    /// What brings the rest of it.
    let pull: ArtifactPull
    /// What the artifact consists of.
    let manifest: ArtifactManifest

    /// - Throws: `Failure` for what is no entry of this key, whoever has put it there.
    init(_ found: ArtifactPull.Found, of key: Digest, at repository: SharedRepository, by pull: ArtifactPull) throws {
        (self.repository, self.key, self.pull, manifest) = (repository, key, pull, found.manifest)
        guard manifest.artifactType == SharedAnnotations.artifactType else {
            throw Failure("what is there is no layer that a stacker has shared")
        }
        let annotations = manifest.annotations ?? [:]
        guard let named = annotations[SharedAnnotations.key], named == key.hex else {
            throw Failure("it is the entry of another key, \(shown(annotations[SharedAnnotations.key] ?? "none"))")
        }
        content = try annotations[SharedAnnotations.content].map { text in
            guard let digest = Digest(hex: text[...]) else {
                throw Failure("what it says of its content, \(shown(text)), is no digest")
            }
            return digest
        }
        milliseconds = SharedAnnotations.milliseconds(in: annotations)
    }

    /// What its images are, beside who made them, and when; `nil` for a build_only layer.
    private let content: Digest?
    /// How long its build took.
    let milliseconds: Int?

    /// What is the same of the layer's build on all machines that have it: keys of what stands on it are made of that.
    var identity: Digest { content ?? manifest.config.digest }
}

/// The words in which the manifest of an entry says what it is. All of it is in the manifest: who wants to know what is
/// there asks for nothing else.
enum SharedAnnotations {
    static let artifactType = MediaType(rawValue: "application/vnd.stacker.shared-layer.v2")
    /// What artifacts of all versions begin with.
    static let anyArtifactType = "application/vnd.stacker.shared-layer.v"
    /// When it was put there: the time of a clock, whatever `SOURCE_DATE_EPOCH` says of the images.
    static let made = "org.opencontainers.image.created"
    /// The types of its images, with blanks between them; nothing for a build_only layer. For people.
    static let types = "vnd.stacker.shared-layer.types"
    /// What the layer was built of: the tag.
    static let key = "vnd.stacker.shared-layer.key"
    /// The layer's name, for people.
    static let layer = "vnd.stacker.shared-layer.layer"
    /// For which platform it is.
    static let platform = "vnd.stacker.shared-layer.platform"
    /// Of a layer with images: see ``ImageContent``.
    static let content = "vnd.stacker.shared-layer.content"
    /// The processor of the machines that take it.
    static let machine = "vnd.stacker.shared-layer.machine"
    /// How long the build took.
    static let milliseconds = "vnd.stacker.shared-layer.milliseconds"

    /// What says which layer an entry is: elsewhere it is no entry.
    static func subject(of key: Digest, for platform: Platform) -> [String: String] {
        [Self.key: key.hex, Self.platform: platform.normalized.description, machine: Platform.hostArchitecture]
    }

    /// How long the build took, if it is said, and can be.
    static func milliseconds(in annotations: [String: String]) -> Int? {
        annotations[milliseconds].flatMap { Int($0) }.flatMap { (0..<(1 << 40)).contains($0) ? $0 : nil }
    }
}
