import Layers
import OCI
import Recipes

/// What two machines must have in common for one to use the other's build of a layer: all that the local cache's decision
/// rests on, and nothing that is one machine's own.
struct SharedKey {
    let digest: Digest
    /// All that is in it, for who looks for what differs.
    let parts: [String]
    /// What makes a difference to what stands on the layer, and is in none of its directories: what it stands on itself, and
    /// its definition, of which its config comes. Two build_only layers can have written the same, and be no more alike.
    let frame: Digest

    /// Counts up when the same inputs come to mean another layer, or an entry is another.
    private static let version = "2"

    /// The key of a layer.
    ///
    /// - Parameters:
    ///   - base: what the layer is built on, if that is another layer of the recipe: the content of it that is the same
    ///     everywhere. The local cache knows it by a number of its own.
    ///   - sources: what stands for the contents of imports from layers and images: what they are taken from. None: the
    ///     contents count, whatever they are taken from.
    ///   - types: the types of image that the layer's entry has; none for a build_only layer.
    init(
        _ layer: LayerDefinition, _ inputs: LayerInputs, base: Digest?, sources: [String: Digest] = [:],
        types: [LayerType]
    ) {
        var fields = [
            ["key", Self.version], ["stacker", Version.stacker], ["layer", layer.tag],
            ["platform", layer.platform.os, layer.platform.architecture]
                + (layer.platform.variant.map { [$0] } ?? []), ["machine", Platform.hostArchitecture],
            ["types"] + types.map(\.rawValue).sorted(),
        ]
        var frame = fields
        for input in inputs.inputs {
            if input.name == .importContent, let part = input.part, let source = sources[part] {
                fields.append(["source", part, source.hex])
                continue
            }
            let digest = input.name == .base ? base ?? input.digest : input.digest
            fields.append(["input", input.name.rawValue, input.part ?? "", digest.hex])
            // What has been made of imported files is in the directories.
            if input.name != .importContent, input.name != .overlayDirectoryContent {
                frame.append(fields[fields.count - 1])
            }
        }
        digest = Self.digest(of: fields)
        self.frame = Self.digest(of: frame)
        parts = fields.map { $0.filter { !$0.isEmpty }.joined(separator: " ") }
    }

    private static func digest(of fields: [[String]]) -> Digest {
        // No text of a recipe has a NUL, and each field says how many parts it has.
        Digest(of: fields.map { "\($0.count)\0" + $0.joined(separator: "\0") + "\0" }.joined().utf8)
    }
}
