import FileTree

@testable import Layers

/// Encodes a tree as one squashfs layer.
func encodeSquashfs(
    _ tree: Directory, verity: Bool = false, into blobs: Directory,
    _ change: (inout EncodeOptions) -> Void = { _ in }
) throws -> EncodedLayer? {
    var options = EncodeOptions()
    change(&options)
    return try encodeLayer(tree, as: [.squashfs(verity: verity)], into: blobs, options: options)?.first
}
