import Failure
import FileTree
import OCI

/// Unpacks a layer into the directory `root`, which the caller made, under a temporary name, and renames or removes
/// afterwards: of a blob that is not what its digests say nothing may be used.
///
/// The blob is read once. Its digest and size are checked against `descriptor` and the uncompressed archive against
/// `diffID`. Of which type it is, is seen from the descriptor's media type; how a tar is compressed (gzip, zstd, not
/// at all), from its first bytes. An image with the root hash of a dm-verity tree in its annotations
/// is verified against that as well.
///
/// - Returns: What was done, and what had to be left out.
/// - Throws: A ``Failure``. If the blob is not the one that was asked for it says so, and not what damage it met.
package func unpackLayer(
    _ blob: OpenFile, _ descriptor: Descriptor, diffID: Digest, into root: Directory,
    options: UnpackOptions = UnpackOptions()
) throws -> UnpackReport {
    try attempt("couldn't unpack layer \(descriptor.digest)") {
        if let image = descriptor.mediaType.imageReader {
            return try image.unpack(blob, descriptor, diffID: diffID, into: root, options)
        }
        return try unpackArchive(
            BlobInput(blob, hashes: true, advanced: options.advanced), descriptor, diffID: diffID, into: root, options)
    }
}

/// Unpacks a tar layer whose blob is still on its way, as ``unpackLayer(_:_:diffID:into:options:)`` does with one that is
/// there.
///
/// - Parameter blob: hashes the blob itself, and reports its end only if the digest is right.
package func unpackLayer(
    arriving blob: some ByteSource & Sendable, _ descriptor: Descriptor, diffID: Digest, into root: Directory,
    options: UnpackOptions = UnpackOptions()
) throws -> UnpackReport {
    try attempt("couldn't unpack layer \(descriptor.digest)") {
        try unpackArchive(BlobInput(blob, hashes: false), descriptor, diffID: diffID, into: root, options)
    }
}
