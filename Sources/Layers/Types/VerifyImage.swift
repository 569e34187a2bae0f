import Failure
import FileTree
import OCI

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
    guard let image = descriptor.mediaType.imageReader else {
        throw Failure("it is no image of a file system: it is \(descriptor.mediaType.inWords)")
    }
    return try image.verify(blob, descriptor, checkpoint: checkpoint)
}
