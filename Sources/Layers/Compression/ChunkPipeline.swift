import Dispatch
import FileTree
import OCI
import Synchronization

/// Takes a stream, cuts it into chunks, compresses them on several threads and writes the results in order, while both
/// digests are computed on the way: that of the stream and that of what is written.
///
/// A stream of less than one chunk never starts a thread. The number of chunks in flight is bounded. One thread calls.
final class ChunkPipeline: @unchecked Sendable {
    /// What came of a stream.
    struct Written {
        var diffID: Digest
        var digest: Digest
        var size: Int64
    }

    private let compression: Compression
    private let workers: Int
    private let output: OpenFile
    private let pool = ChunkPool()

    /// Only touched by the caller.
    private var current: Chunk
    private var submitted = 0

    /// Only touched on `hashing`, and by the caller when nothing is in flight.
    private var streamHasher = DigestHasher()
    private let hashing = DispatchQueue(label: "layer.hash")
    private let compressing = DispatchQueue(label: "layer.compress", attributes: .concurrent)
    private let inFlight = DispatchGroup()
    /// Counts the chunks that may still be submitted; `unhashed` the same for the hashing queue.
    private let room = DispatchSemaphore(value: 0)
    private let unhashed = DispatchSemaphore(value: 0)
    private let shared: Mutex<Shared>

    /// What the threads share.
    private struct Shared: Sendable {
        /// Chunks that no worker has taken yet, with their numbers.
        var waiting: [(number: Int, chunk: Chunk)] = []
        var working = 0
        var idleCompressors: [any ChunkCompressor] = []
        /// Results whose turn has not come.
        var results: [Int: Chunk] = [:]
        var nextResult = 0
        var isWriting = false
        var failure: (any Error)?
    }

    /// Only touched by the one thread that has set `isWriting`, and by the caller when nothing is in flight.
    private var blobHasher = DigestHasher()
    private var size: Int64 = 0

    /// - Parameter output: written from its current position on.
    init(compression: Compression, workers: Int, output: OpenFile) {
        self.compression = compression
        self.workers = max(1, workers)
        self.output = output
        current = Chunk(capacity: compression.chunkSize, from: pool)
        shared = Mutex(Shared())
        // Each worker has one chunk in hand and one waiting; two more are with the caller and the writer. Counted up
        // from zero, since Dispatch does not let a semaphore go that holds less than at its start.
        for _ in 0..<2 * self.workers + 2 {
            room.signal()
            unhashed.signal()
        }
    }

    /// Takes the next bytes of the stream.
    ///
    /// - Throws: What made an earlier chunk fail.
    func write(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = current.fill(bytes)
        while current.count == current.memory.count {
            try submit()
            rest = current.fill(rest)
        }
    }

    /// Ends the stream.
    func finish() throws -> Written {
        if submitted == 0 {
            let compressor = try compression.makeCompressor()
            if compressor != nil { streamHasher.update(current.bytes) }
            try writeOut(compressor?.compress(current, nil) ?? current)
        } else {
            if current.count > 0 { try submit() }
            inFlight.wait()
            try shared.withLock { if let failure = $0.failure { throw failure } }
        }
        let digest = blobHasher.finish()
        return Written(
            diffID: compression == .none ? digest : streamHasher.finish(), digest: digest, size: size)
    }

    /// Ends the work early; what was written is of no use. Returns when no thread works on it any more.
    func cancel() {
        shared.withLock { $0.failure = $0.failure ?? CancellationError() }
        inFlight.wait()
    }

    // MARK: - On the way

    /// Hands the current chunk on, waiting until there is room.
    private func submit() throws {
        try shared.withLock { if let failure = $0.failure { throw failure } }
        room.wait()
        let chunk = current
        let number = submitted
        submitted += 1
        current = Chunk(capacity: compression.chunkSize, from: pool)
        if compression != .none {
            unhashed.wait()
            hashing.async(group: inFlight) { [self] in
                streamHasher.update(chunk.bytes)
                unhashed.signal()
            }
        }
        let needsWorker = shared.withLock {
            $0.waiting.append((number, chunk))
            if $0.working == workers { return false }
            $0.working += 1
            return true
        }
        if needsWorker { compressing.async(group: inFlight) { [self] in work() } }
    }

    /// One worker: compresses chunks as long as there are any.
    private func work() {
        var compressor = shared.withLock { $0.idleCompressors.popLast() }
        while let (number, chunk) = shared.withLock({ shared in takeOrLeave(&shared, &compressor) }) {
            var result: Chunk?
            do {
                if shared.withLock({ $0.failure == nil }) {
                    if compression == .none {
                        result = chunk
                    } else {
                        if compressor == nil { compressor = try compression.makeCompressor() }
                        result = try compressor?.compress(chunk, pool)
                    }
                }
            } catch {
                shared.withLock { $0.failure = $0.failure ?? error }
            }
            deliver(number, result ?? Chunk(capacity: 0))
        }
    }

    /// The next chunk, or, in the same breath, the end of this worker.
    private func takeOrLeave(
        _ shared: inout Shared, _ compressor: inout (any ChunkCompressor)?
    ) -> (number: Int, chunk: Chunk)? {
        if !shared.waiting.isEmpty { return shared.waiting.removeFirst() }
        shared.working -= 1
        if let compressor { shared.idleCompressors.append(compressor) }
        return nil
    }

    /// Leaves a result. If no other thread is writing, writes all whose turn it is.
    private func deliver(_ number: Int, _ result: Chunk) {
        var mayWrite = shared.withLock {
            $0.results[number] = result
            if $0.isWriting { return false }
            $0.isWriting = true
            return true
        }
        while mayWrite {
            let next = shared.withLock { shared -> (chunk: Chunk, failed: Bool)? in
                guard let chunk = shared.results.removeValue(forKey: shared.nextResult) else {
                    shared.isWriting = false
                    return nil
                }
                shared.nextResult += 1
                return (chunk, shared.failure != nil)
            }
            guard let next else { break }
            do {
                if !next.failed { try writeOut(next.chunk) }
            } catch {
                shared.withLock { $0.failure = $0.failure ?? error }
            }
            room.signal()
            mayWrite = true
        }
    }

    private func writeOut(_ chunk: Chunk) throws {
        blobHasher.update(chunk.bytes)
        size += Int64(chunk.count)
        try output.writeAll(chunk.bytes)
    }
}
