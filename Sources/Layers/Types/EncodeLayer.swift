import Failure
import FileTree
import OCI

/// Encodes the directory `tree` as one layer blob for each of `formats`, all in one walk.
///
/// The blobs are written to a temporary name in `blobs` and renamed to their digest's hexadecimal digits when they are
/// complete; a failure leaves nothing behind. The blob file is not synced.
///
/// Every run on the same tree with the same options gives the same bytes.
///
/// - Returns: A layer for each format, in that order; `nil` if the tree holds nothing: "a layer that changed nothing
///   adds no layer".
/// - Throws: A ``Failure`` that names the file which could not be read, changed its size while it was read, or cannot
///   be said in a layer (a name that starts with `.wh.`); and what ``EncodeOptions/checkpoint`` throws.
package func encodeLayer(
    _ tree: Directory, as formats: [LayerFormat], into blobs: any BlobDestination,
    options: EncodeOptions = EncodeOptions()
) throws -> [EncodedLayer]? {
    try encodeLayer(DirectoryNode(tree), as: formats, into: blobs, options: options)
}

/// Encodes a tree that need not be one directory on disk, such as several layers seen as one.
///
/// See ``encodeLayer(_:as:into:options:)-(Directory,_,_,_)``.
package func encodeLayer(
    _ tree: any TreeNode, as formats: [LayerFormat], into blobs: any BlobDestination,
    options: EncodeOptions = EncodeOptions()
) throws -> [EncodedLayer]? {
    var walk = TreeWalk(options)
    guard try !walk.isEmpty(tree) else { return nil }
    var sinks: [any LayerSink] = []
    do {
        for format in formats { sinks.append(try format.type.row.makeSink(blobs, format, options)) }
        try walk.run(tree, into: sinks)
        return try sinks.map { try $0.finish() }
    } catch {
        for sink in sinks { sink.abandon() }
        throw error
    }
}
