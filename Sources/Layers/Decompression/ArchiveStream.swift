import Dispatch
import Failure
import OCI
import Synchronization

/// The uncompressed archive in a blob, in chunks. Reading, hashing and inflating go on in threads of their own while
/// the caller deals with the last chunk; a blob of less than `smallBlob` bytes is read by the caller itself.
final class ArchiveStream: @unchecked Sendable {
    static let smallBlob: Int64 = 256 << 10
    private static let chunkSize = 1 << 20
    /// How many chunks there are ahead of the caller in any case, and at most, if no other layer has the memory.
    private static let ownChunks = 2
    private static let mostChunks = 6

    /// How the archive is compressed.
    let compression: ArchiveCompression
    private let input: BlobInput
    private let inflater: any Inflater
    private let limit: Int64
    private let processors: Processors
    private let borrowed: Loan
    private var total: Int64 = 0
    private var hasher = DigestHasher()

    private let isThreaded: Bool
    private let producing = DispatchQueue(label: "layer.inflate")
    private let hashing = DispatchQueue(label: "layer.hash")
    private let running = DispatchGroup()
    private let room = DispatchSemaphore(value: 0)
    private let ready = DispatchSemaphore(value: 0)
    /// A chunk that is not hashed is in memory, also when the caller is done with it: zeros are unpacked faster than
    /// they are hashed.
    private let unhashed = DispatchSemaphore(value: 0)
    private let shared = Mutex(Shared())

    private struct Shared: Sendable {
        var chunks: [Result<Chunk, any Error>] = []
        var isCancelled = false
    }

    /// Only touched by the caller: the stream is at its end, or failed.
    private var ended: Result<Void, any Error>?

    /// - Parameter limit: more bytes than these are refused.
    init(
        _ input: BlobInput, _ kind: ArchiveKind, blobSize: Int64, limit: Int64, on processors: Processors
    ) throws {
        self.input = input
        self.limit = limit
        self.processors = processors
        compression = try ArchiveCompression(input, kind)
        inflater = try makeInflater(input, compression)
        isThreaded = blobSize >= Self.smallBlob
        borrowed = Loan(atMost: isThreaded ? Self.mostChunks - Self.ownChunks : 0, of: processors.memory)
        if isThreaded {
            for _ in 0..<Self.ownChunks + borrowed.amount {
                room.signal()
                unhashed.signal()
            }
            producing.async(group: running) { [self] in produce() }
        }
    }

    /// The next piece of the archive, never empty; `nil` at its end.
    func next() throws -> Chunk? {
        if let ended {
            try ended.get()
            return nil
        }
        do {
            let chunk = try isThreaded ? takeReady() : inflate()
            if chunk.count > 0 { return chunk }
            ended = .success(())
            return nil
        } catch {
            ended = .failure(error)
            throw error
        }
    }

    /// What the archive was in all. Only after ``next()`` gave `nil`.
    func finish() -> (diffID: Digest, size: Int64) {
        running.wait()
        return (hasher.finish(), total)
    }

    /// Ends the threads; returns when they have ended. Fine at any time.
    func stop() {
        shared.withLock { $0.isCancelled = true }
        room.signal()
        running.wait()
    }

    // MARK: - The threads' side

    private func produce() {
        while true {
            room.wait()
            if shared.withLock({ $0.isCancelled }) { return }
            let result = Result { try inflate() }
            shared.withLock { $0.chunks.append(result) }
            ready.signal()
            guard case .success(let chunk) = result, chunk.count > 0 else { return }
        }
    }

    private func takeReady() throws -> Chunk {
        ready.wait()
        let result = shared.withLock { $0.chunks.removeFirst() }
        room.signal()
        return try result.get()
    }

    /// Makes the next chunk; an empty one at the end.
    private func inflate() throws -> Chunk {
        let chunk = Chunk(capacity: Self.chunkSize, from: processors.chunks)
        chunk.count = try inflater.fill(chunk.memory)
        total += Int64(chunk.count)
        if total > limit { throw UnpackLimits.exceeded(bytes: limit) }
        if isThreaded {
            unhashed.wait()
            hashing.async(group: running) { [self] in
                hasher.update(chunk.bytes)
                unhashed.signal()
            }
        } else {
            hasher.update(chunk.bytes)
        }
        return chunk
    }
}
