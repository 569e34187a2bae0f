import Failure
import FileTree
import OCI

/// Gives the entries of a layer in the order in which it has them, and writes nothing: in one pass, in memory that does not
/// depend on how much is in it.
///
/// The blob is read once, or an image in pieces, and checked as ``unpackLayer(_:_:diffID:into:options:)`` does: its digest
/// and size, the digest of its content if one is given, a dm-verity tree by its root hash.
///
/// - Parameter body: gets each entry, and what gives its content until the next one. What it got is right only if all of it
///   comes to its end without an error: the digest is known last.
/// - Throws: A ``Failure``. If the blob is not the one that was asked for it says so, and not what damage it met.
package func listLayer(
    _ blob: OpenFile, _ descriptor: Descriptor, diffID: Digest?, options: ListOptions = ListOptions(),
    _ body: (ListedEntry, ListedContent) throws -> Void
) throws -> LayerListing {
    let interruption = Interruption(options.checkpoint)
    var options = options
    options.checkpoint = interruption.checkpoint
    return try withoutActuallyEscaping(body) { body in
        var lister = EntryLister(options) { entry, content in
            try interruption.interruptible { try body(entry, content) }
        }
        return try attempt("couldn't read layer \(descriptor.digest)") {
            if let image = descriptor.mediaType.imageReader {
                return try image.list(
                    blob, descriptor, diffID: diffID, options, unless: interruption, by: &lister)
            }
            return try listArchive(blob, descriptor, diffID: diffID, options, unless: interruption, by: &lister)
        }
    }
}
