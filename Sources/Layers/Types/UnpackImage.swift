import Failure
import FileTree
import OCI

extension MediaType {
    /// Whether a layer of this type is a squashfs, however it is compressed inside.
    package var isSquashfs: Bool { self == .squashfs || self == .squashfsGzip || self == .squashfsZstd }
    /// Whether a layer of this type is an image of a file system, and no archive.
    package var isImage: Bool { isSquashfs || self == .erofs }
}

/// Unpacks a layer that is an image of a file system, while another thread hashes it.
func unpackImage(
    _ blob: OpenFile, _ descriptor: Descriptor, diffID: Digest, into root: Directory, _ options: UnpackOptions
) throws -> UnpackReport {
    // The image is not compressed as a whole: its digest is its content's.
    guard diffID == descriptor.digest else {
        throw Failure("its content has digest \(descriptor.digest), but the image config says \(diffID)")
    }
    let interruption = Interruption(options.checkpoint)
    var options = options
    options.checkpoint = interruption.checkpoint
    return try BlobHashing.verifying(blob, descriptor, unless: { interruption.happened }) { size in
        _ = try verifyTree(of: blob, descriptor, size: size, checkpoint: options.checkpoint)
        return descriptor.mediaType.isSquashfs
            ? try readImage(SquashfsStoredImage.self, blob, size: size, into: root, options)
            : try readImage(ErofsStoredImage.self, blob, size: size, into: root, options)
    }
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
