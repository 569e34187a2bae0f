import OCI

/// What a layer was in all of which the entries were listed.
package struct LayerListing: Sendable {
    /// The digest of the uncompressed archive, or of an image itself.
    package var diffID: Digest
    /// The length of the uncompressed archive, or of an image with its dm-verity tree.
    package var unpackedBytes: Int64
    /// How many entries there were, those of aufs among them, which are listed nowhere.
    package var entries: Int
    /// How an archive is compressed; `nil` for an image, whose files are.
    package var compression: ArchiveCompression?
}

/// How a layer is listed.
package struct ListOptions: Sendable {
    /// Bounds on what a hostile layer can ask for.
    package var limits = UnpackLimits()
    /// What all layers share that are encoded, unpacked or listed at a time.
    package var processors = Processors.all
    /// Called with the number of bytes of the blob that were taken in since the last call; not for images of file systems.
    package var advanced: @Sendable (Int) -> Void = { _ in }
    /// Called every so often; what it throws ends the listing.
    package var checkpoint: @Sendable () throws -> Void = {}

    /// The defaults.
    package init() {}

    /// What a layer may unpack to where no limit says so. It costs time and nothing else: no content is kept.
    private static let mostBytes: Int64 = 1 << 40

    /// More bytes are refused.
    var bytesLimit: Int64 { limits.bytes ?? Self.mostBytes }
}
