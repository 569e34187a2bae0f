import Dispatch
import Failure
import FileTree
import OCI
import Synchronization

/// Hashes a blob in a thread of its own.
final class BlobHashing: Sendable {
    private let running = DispatchGroup()
    private let isCancelled = Atomic(false)
    private let result = Mutex<Result<Digest, any Error>?>(nil)

    private init(_ blob: OpenFile, size: Int64) {
        // A queue of its own has a thread at once, where the global ones wait while all processors are at work.
        DispatchQueue(label: "blob digest").async(group: running) { [self] in
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

    /// Reads a blob while another thread hashes it.
    ///
    /// - Parameter isInterrupted: whether a failure of `body` is the caller's own.
    /// - Throws: A ``Failure`` if the blob is not the one that the descriptor names, whatever `body` has met in it.
    static func verifying<Result>(
        _ blob: OpenFile, _ descriptor: Descriptor, unless isInterrupted: () -> Bool = { false },
        _ body: (_ size: Int64) throws -> Result
    ) throws -> Result {
        let size = try blob.status().size
        if size != descriptor.size {
            throw Failure("the blob is \(size) bytes long, but its descriptor says \(descriptor.size)")
        }
        let hashing = BlobHashing(blob, size: size)
        defer { hashing.cancel() }
        return try verifyingBlob({ try hashing.verify(descriptor.digest) }, unless: isInterrupted) { try body(size) }
    }

    /// Ends it early.
    private func cancel() {
        isCancelled.store(true, ordering: .relaxed)
        running.wait()
    }

    /// Waits for the digest and compares it.
    private func verify(_ expected: Digest) throws {
        running.wait()
        guard let digest = try result.withLock({ try $0?.get() }), digest != expected else { return }
        throw Failure("the blob is damaged: its digest is \(digest)")
    }
}
