import Layers
import OCI
import Recipes

/// What two machines must have in common for one to use the other's build of a layer: all that the local cache's decision
/// rests on, and nothing that is one machine's own.
struct SharedKey {
    let digest: Digest
    /// All that is in it, for who looks for what differs.
    let parts: [String]

    /// Counts up when the same inputs come to mean another layer, or an entry is another.
    private static let version = "1"

    /// The key of a layer.
    ///
    /// - Parameters:
    ///   - base: what the layer is built on, if that is another layer of the recipe: the content of it that is the same
    ///     everywhere. The local cache knows it by a number of its own.
    ///   - types: the types of image that the layer's entry has; none for a build_only layer.
    init(_ layer: LayerDefinition, _ inputs: LayerInputs, base: Digest?, types: [LayerType]) {
        var fields = [
            ["key", Self.version], ["stacker", Version.stacker], ["layer", layer.name],
            ["platform", layer.platform.os, layer.platform.architecture], ["machine", Platform.hostArchitecture],
            ["types"] + types.map(\.rawValue).sorted(),
        ]
        for input in inputs.inputs {
            let digest = input.name == .base ? base ?? input.digest : input.digest
            fields.append(["input", input.name.rawValue, input.part ?? "", digest.hex])
        }
        // No text of a recipe has a NUL, and each field says how many parts it has.
        let text = fields.map { "\($0.count)\0" + $0.joined(separator: "\0") + "\0" }.joined()
        digest = Digest(of: text.utf8)
        parts = fields.map { $0.filter { !$0.isEmpty }.joined(separator: " ") }
    }
}
