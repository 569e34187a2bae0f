import FileTree
import OCI

/// What the manifest of an entry says of it to people. No build goes by it.
struct SharedAccount: Sendable, Equatable {
    /// The layer's name.
    var layer: String?
    /// Which platform it is for.
    let platform: String?
    /// The types of the entry's images, by their names; none for a build_only layer.
    var types: [String]?
    /// When the entry was put there.
    var made: Timestamp?
    /// The id of the key that has signed it, as it says.
    let signer: String?

    /// Reads what somebody has written; members that are missing were not known to an older stacker.
    init(of manifest: ArtifactManifest) {
        let annotations = manifest.annotations ?? [:]
        layer = annotations[SharedAnnotations.layer]
        platform = annotations[SharedAnnotations.platform]
        types = annotations[SharedAnnotations.types].map { $0.split(separator: " ").map(String.init) }
        made = Self.made(manifest)
        signer = annotations[SharedSignature.keyAnnotation]
    }

    /// When an artifact says that it was made; `nil` if it doesn't say, or names a time that has not come yet.
    static func made(_ manifest: ArtifactManifest, now: Timestamp = .now) -> Timestamp? {
        guard let time = manifest.annotations?[SharedAnnotations.made].flatMap(RFC3339.parse) else { return nil }
        // Clocks differ, but not by more than a day.
        return time < Day(of: now).next.end ? time : nil
    }
}
