import FileTree
import OCI

extension MediaType {
    /// The kernel's name for the file system that a layer of this type is an image of; `nil` for an archive.
    package var fileSystem: String? { isSquashfs ? "squashfs" : self == .erofs ? "erofs" : nil }
}

/// The dm-verity tree behind an image, as it was found to fit.
package struct ImageVerity: Sendable, Equatable {
    /// Where the tree's superblock is, in bytes.
    package let offset: Int64
    /// 64 lowercase hexadecimal digits.
    package let rootHash: String
}

/// Checks that a blob is the image of a file system that its descriptor names: its length, its digest and, where an
/// annotation has a root hash, every block of it and of its dm-verity tree. Digest and tree are computed at once, in a
/// thread each.
///
/// - Parameter checkpoint: called every so often; what it throws ends the check.
/// - Returns: its dm-verity tree, if an annotation has the root hash of one.
/// - Throws: A ``Failure`` that says what does not fit.
package func verifyImage(
    _ blob: OpenFile, _ descriptor: Descriptor, checkpoint: () throws -> Void = {}
) throws -> ImageVerity? {
    try BlobHashing.verifying(blob, descriptor) { size in
        try verifyTree(of: blob, descriptor, size: size, checkpoint: checkpoint)
    }
}

/// Checks every block of an image and of the dm-verity tree behind it, if an annotation has the root hash of one.
func verifyTree(
    of blob: OpenFile, _ descriptor: Descriptor, size: Int64, checkpoint: () throws -> Void
) throws -> ImageVerity? {
    guard let rootHash = VerityAnnotation.rootHash(in: descriptor.annotations) else { return nil }
    let dataSize =
        descriptor.mediaType.isSquashfs
        ? try SquashfsStoredImage.paddedSize(blob, size: size) : try ErofsStoredImage.paddedSize(blob, size: size)
    try verifyVerity(blob, dataSize: dataSize, rootHash: rootHash, checkpoint: checkpoint)
    return ImageVerity(offset: dataSize, rootHash: rootHash.lowercased())
}
