import Failure
import FileTree
import OCI

/// Lists a layer that is a tar, and checks the blob and the archive in it.
///
/// - Parameter interruption: which of the failures are the caller's own.
func listArchive(
    _ blob: OpenFile, _ descriptor: Descriptor, diffID: Digest?, _ options: ListOptions,
    unless interruption: Interruption, by lister: inout EntryLister
) throws -> LayerListing {
    let input = BlobInput(blob, hashes: true, advanced: options.advanced)
    let listing = try verifyingBlob({ try verify(input, descriptor) }, unless: { interruption.happened }) {
        let stream = try ArchiveStream(
            input, .layer, blobSize: descriptor.size, limit: options.bytesLimit, on: options.processors)
        let archive = try readArchive(
            stream, headerLimit: options.limits.header, checkpoint: options.checkpoint
        ) { try lister.list($0, from: $1) }
        return LayerListing(
            diffID: archive.diffID, unpackedBytes: archive.size, entries: lister.entries,
            compression: stream.compression)
    }
    try refuseOtherContent(listing.diffID, than: diffID)
    return listing
}
