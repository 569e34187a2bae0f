import Dispatch
import FileTree
import OCI
import Synchronization

/// Takes a stream, cuts it into chunks, compresses them on several threads and writes the results in order, while both
/// digests are computed on the way: that of the stream and that of what is written.
///
/// A stream of less than one chunk never starts a thread. The chunks in flight are bounded by a ``ChunkRoom``; all but one
/// of the threads are of those that all layers share. One thread calls.
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
    private let processors: Processors
    private var pool: ChunkPool { processors.chunks }

    /// Only touched by the caller.
    private var current: Chunk
    private var submitted = 0

    /// Only touched on `hashing`, and by the caller when nothing is in flight.
    private var streamHasher = DigestHasher()
    private let hashing = DispatchQueue(label: "layer.hash")
    private let inFlight = DispatchGroup()
    private let room: ChunkRoom
    private let shared: Mutex<Shared>

    /// What the threads share.
    private struct Shared: Sendable {
        /// Chunks that no worker has taken yet, with their numbers.
        var waiting: [(number: Int, chunk: Chunk)] = []
        var hasOwnWorker = false
        var extraWorkers = 0
        var idleCompressor: (any ChunkCompressor)?
        /// Results whose turn has not come.
        var results: [Int: Chunk] = [:]
        var nextResult = 0
        var isWriting = false
        var failure: (any Error)?
    }

    /// Only touched by the one thread that has set `isWriting`, and by the caller when nothing is in flight.
    private var blobHasher = DigestHasher()
    private var size: Int64 = 0

    /// - Parameters:
    ///   - workers: how many threads compress at most.
    ///   - output: written from its current position on.
    init(compression: Compression, workers: Int, output: OpenFile, on processors: Processors) {
        self.compression = compression
        self.workers = max(1, workers)
        self.output = output
        self.processors = processors
        current = Chunk(capacity: compression.chunkSize, from: processors.chunks)
        shared = Mutex(Shared())
        // Each worker has one chunk in hand and one waiting; two more are with the caller and the writer. With each goes
        // what becomes of it.
        let size = compression.chunkSize >> 20
        room = ChunkRoom(
            own: max(1, 2 / size), most: 2 * self.workers + 2, size: compression == .none ? size : 2 * size,
            of: processors.memory)
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
        let chunk = current
        let number = submitted
        room.put(number, users: compression == .none ? 1 : 2)
        submitted += 1
        current = Chunk(capacity: compression.chunkSize, from: pool)
        if compression != .none {
            hashing.async(group: inFlight) { [self] in
                streamHasher.update(chunk.bytes)
                room.leave(number)
            }
        }
        let newWorker: Worker? = shared.withLock {
            $0.waiting.append((number, chunk))
            if !$0.hasOwnWorker {
                $0.hasOwnWorker = true
                return .own
            }
            guard $0.extraWorkers + 1 < workers, processors.threads.take(1) else { return nil }
            $0.extraWorkers += 1
            return .extra
        }
        guard let newWorker else { return }
        // A queue of its own has a thread at once, where the global ones may wait for what other layers wait for.
        DispatchQueue(label: "layer.compress").async(group: inFlight) { [self] in work(as: newWorker) }
    }

    /// A thread that compresses: the one that the stream has in any case, or one of those that all share.
    private enum Worker {
        case own, extra
    }

    /// Compresses chunks as long as there are any.
    private func work(as worker: Worker) {
        var compressor = worker == .own ? shared.withLock { $0.idleCompressor.take() } : nil
        while let (number, chunk) = shared.withLock({ shared in takeOrLeave(&shared, &compressor, worker) }) {
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
        _ shared: inout Shared, _ compressor: inout (any ChunkCompressor)?, _ worker: Worker
    ) -> (number: Int, chunk: Chunk)? {
        if !shared.waiting.isEmpty { return shared.waiting.removeFirst() }
        switch worker {
        case .own:
            shared.hasOwnWorker = false
            shared.idleCompressor = compressor
        case .extra:
            // What it compresses with goes, too: that may be more memory than all of the chunks.
            shared.extraWorkers -= 1
            processors.threads.give(1)
        }
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
            let next = shared.withLock { shared -> (number: Int, chunk: Chunk, failed: Bool)? in
                guard let chunk = shared.results.removeValue(forKey: shared.nextResult) else {
                    shared.isWriting = false
                    return nil
                }
                defer { shared.nextResult += 1 }
                return (shared.nextResult, chunk, shared.failure != nil)
            }
            guard let next else { break }
            do {
                if !next.failed { try writeOut(next.chunk) }
            } catch {
                shared.withLock { $0.failure = $0.failure ?? error }
            }
            room.leave(next.number)
            mayWrite = true
        }
    }

    private func writeOut(_ chunk: Chunk) throws {
        blobHasher.update(chunk.bytes)
        size += Int64(chunk.count)
        try output.writeAll(chunk.bytes)
    }
}
