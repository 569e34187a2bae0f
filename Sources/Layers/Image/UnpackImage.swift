import Dispatch
import Failure
import FileTree
import OCI
import Synchronization

extension MediaType {
    /// Whether a layer of this type is a squashfs, however it is compressed inside.
    public var isSquashfs: Bool { self == .squashfs || self == .squashfsGzip || self == .squashfsZstd }
    /// Whether a layer of this type is an image of a file system, and no archive.
    public var isImage: Bool { isSquashfs || self == .erofs }
}

/// Unpacks a layer that is an image of a file system, while another thread hashes it.
func unpackImage(
    _ blob: OpenFile, _ descriptor: Descriptor, diffID: Digest, into root: Directory, _ options: UnpackOptions
) throws -> UnpackReport {
    let size = try blob.status().size
    if size != descriptor.size {
        throw Failure("the blob is \(size) bytes long, but its descriptor says \(descriptor.size)")
    }
    // The image is not compressed as a whole: its digest is its content's.
    guard diffID == descriptor.digest else {
        throw Failure("its content has digest \(descriptor.digest), but the image config says \(diffID)")
    }
    let interruption = Interruption(options.checkpoint)
    var options = options
    options.checkpoint = interruption.checkpoint
    let hashing = BlobHashing(blob, size: size)
    defer { hashing.cancel() }
    do {
        let report =
            descriptor.mediaType.isSquashfs
            ? try readImage(SquashfsReader.self, blob, descriptor, size: size, into: root, options)
            : try readImage(ErofsReader.self, blob, descriptor, size: size, into: root, options)
        try hashing.verify(descriptor.digest)
        return report
    } catch let failure as Failure where failure.mayBeDamage && !interruption.happened {
        // Damage is only the consequence, if the blob is another one.
        try hashing.verify(descriptor.digest)
        throw failure
    }
}

private func readImage<Reader: ImageReader>(
    _ kind: Reader.Type, _ blob: OpenFile, _ descriptor: Descriptor, size: Int64, into root: Directory,
    _ options: UnpackOptions
) throws -> UnpackReport {
    if let rootHash = VerityAnnotation.rootHash(in: descriptor.annotations) {
        let dataSize = try Reader.paddedSize(blob, size: size)
        try verifyVerity(blob, dataSize: dataSize, rootHash: rootHash, checkpoint: options.checkpoint)
    }
    let limit = try options.limits.bytes ?? root.freeSpace()
    let reader = try Reader(blob, size: size, limits: options.limits, bytesLimit: limit)
    var writer = TreeWriter(root: root, options: options, bytesLimit: limit)
    while let entry = try reader.next() { try writer.write(entry, from: reader.content) }
    try writer.finish()
    var report = writer.report
    report.bytes = reader.bytes
    return report
}

/// Hashes a blob in a thread of its own.
final class BlobHashing: Sendable {
    private let running = DispatchGroup()
    private let isCancelled = Atomic(false)
    private let result = Mutex<Result<Digest, any Error>?>(nil)

    init(_ blob: OpenFile, size: Int64) {
        DispatchQueue.global().async(group: running) { [self] in
            let digest = Result {
                var hasher = DigestHasher()
                try blob.forEachPiece(in: 0..<size) {
                    if isCancelled.load(ordering: .relaxed) { throw CancellationError() }
                    hasher.update($0)
                }
                return hasher.finish()
            }
            result.withLock { $0 = digest }
        }
    }

    /// Ends it early.
    func cancel() {
        isCancelled.store(true, ordering: .relaxed)
        running.wait()
    }

    /// Waits for the digest and compares it.
    func verify(_ expected: Digest) throws {
        running.wait()
        guard let digest = try result.withLock({ try $0?.get() }), digest != expected else { return }
        throw Failure("the blob is damaged: its digest is \(digest)")
    }
}
