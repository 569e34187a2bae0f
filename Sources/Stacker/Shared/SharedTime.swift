import FileTree
import OCI
import Recipes
import Registry

/// How long a layer took to build when one of its kind was last built, of whatever: what it is built of next time is not
/// known before. An artifact beside the entries, whose tag says which layer for which platform.
enum SharedTime {
    static let artifactType = MediaType(rawValue: "application/vnd.stacker.shared-layer.time.v1")

    /// Its tag.
    static func tag(of layer: LayerDefinition) -> SharedTag {
        .time(of: Digest(of: "\(layer.tag)\0\(layer.platform.normalized)".utf8))
    }

    /// What says it. Its one blob is the entry's own config, which is there already.
    static func note(_ milliseconds: Int, of layer: LayerDefinition, config: Descriptor) -> ArtifactManifest {
        var note = ArtifactManifest(artifactType, config: config, layers: [config])
        note.annotations = [
            SharedAnnotations.layer: layer.tag, SharedAnnotations.platform: layer.platform.normalized.description,
            SharedAnnotations.milliseconds: String(milliseconds),
            SharedAnnotations.made: RFC3339.format(.now, fraction: false),
        ]
        return note
    }

    /// What is said; `nil` by what says nothing of it.
    static func milliseconds(in note: ArtifactManifest) -> Int? {
        guard note.artifactType == artifactType else { return nil }
        return note.annotations.flatMap(SharedAnnotations.milliseconds)
    }
}
