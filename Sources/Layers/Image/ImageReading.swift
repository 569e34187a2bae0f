import Failure
import FileTree
import OCI

/// How images of one file system are read, whichever that is.
struct ImageReading {
    /// The kernel's name for the file system.
    let fileSystem: String
    private let makeFiles: (_ image: OpenFile, _ size: Int64, _ root: Directory, UnpackOptions) throws -> UnpackReport
    private let listEntries: (_ image: OpenFile, _ size: Int64, ListOptions, _ lister: inout EntryLister) throws -> Void
    /// Where the image ends in a blob of so many bytes, and a dm-verity tree may follow.
    private let paddedSize: (OpenFile, _ size: Int64) throws -> Int64

    init<Image: StoredImage>(_ kind: Image.Type) {
        fileSystem = Image.format
        makeFiles = { try readImage(Image.self, $0, size: $1, into: $2, $3) }
        listEntries = { try listImage(Image.self, $0, size: $1, $2, by: &$3) }
        paddedSize = { try Image.paddedSize($0, size: $1) }
    }

    /// Unpacks a layer that is such an image, while another thread hashes it.
    func unpack(
        _ blob: OpenFile, _ descriptor: Descriptor, diffID: Digest, into root: Directory, _ options: UnpackOptions
    ) throws -> UnpackReport {
        // The image is not compressed as a whole: its digest is its content's.
        try refuseOtherContent(descriptor.digest, than: diffID)
        let interruption = Interruption(options.checkpoint)
        var options = options
        options.checkpoint = interruption.checkpoint
        return try BlobHashing.verifying(blob, descriptor, unless: { interruption.happened }) { size in
            _ = try verifyTree(of: blob, descriptor, size: size, checkpoint: options.checkpoint)
            return try makeFiles(blob, size, root, options)
        }
    }

    /// Lists a layer that is such an image, while another thread hashes it.
    ///
    /// - Parameter interruption: which of the failures are the caller's own.
    func list(
        _ blob: OpenFile, _ descriptor: Descriptor, diffID: Digest?, _ options: ListOptions,
        unless interruption: Interruption, by lister: inout EntryLister
    ) throws -> LayerListing {
        try refuseOtherContent(descriptor.digest, than: diffID)
        try BlobHashing.verifying(blob, descriptor, unless: { interruption.happened }) { size in
            _ = try verifyTree(of: blob, descriptor, size: size, checkpoint: options.checkpoint)
            try listEntries(blob, size, options, &lister)
        }
        return LayerListing(diffID: descriptor.digest, unpackedBytes: descriptor.size, entries: lister.entries)
    }

    /// Checks that a blob is such an image, and the one that its descriptor names.
    ///
    /// - Returns: its dm-verity tree, if an annotation has the root hash of one.
    func verify(_ blob: OpenFile, _ descriptor: Descriptor, checkpoint: () throws -> Void) throws -> ImageVerity? {
        try BlobHashing.verifying(blob, descriptor) { size in
            try verifyTree(of: blob, descriptor, size: size, checkpoint: checkpoint)
        }
    }

    /// Checks every block of an image and of the dm-verity tree behind it.
    private func verifyTree(
        of blob: OpenFile, _ descriptor: Descriptor, size: Int64, checkpoint: () throws -> Void
    ) throws -> ImageVerity? {
        guard let rootHash = VerityAnnotation.rootHash(in: descriptor.annotations) else { return nil }
        let dataSize = try paddedSize(blob, size)
        try verifyVerity(blob, dataSize: dataSize, rootHash: rootHash, checkpoint: checkpoint)
        return ImageVerity(offset: dataSize, rootHash: rootHash.lowercased())
    }
}

/// The dm-verity tree behind an image, as it was found to fit.
package struct ImageVerity: Sendable, Equatable {
    /// Where the tree's superblock is, in bytes.
    package let offset: Int64
    /// 64 lowercase hexadecimal digits.
    package let rootHash: String
}

private func readImage<Image: StoredImage>(
    _ kind: Image.Type, _ blob: OpenFile, size: Int64, into root: Directory, _ options: UnpackOptions
) throws -> UnpackReport {
    let limits = options.limits
    let bytesLimit = try limits.bytes ?? root.file.freeSpace()
    let image = try Image(blob, size: size, limits: limits)
    var reader = ImageReader(image, limits: limits, bytesLimit: bytesLimit)
    var writer = TreeWriter(root: root, options: options, bytesLimit: bytesLimit)
    while let entry = try reader.next() { try writer.write(entry, from: reader.content) }
    try writer.finish()
    var report = writer.report
    report.bytes = reader.bytes
    return report
}

private func listImage<Image: StoredImage>(
    _ kind: Image.Type, _ blob: OpenFile, size: Int64, _ options: ListOptions, by lister: inout EntryLister
) throws {
    let image = try Image(blob, size: size, limits: options.limits)
    var reader = ImageReader(image, limits: options.limits, bytesLimit: options.bytesLimit)
    while let entry = try reader.next() { try lister.list(entry, from: reader.content) }
}
