/// A piece of a stream in memory of its own. Filled by one thread and only read after it was handed on.
final class Chunk: @unchecked Sendable {
    let memory: UnsafeMutableRawBufferPointer
    /// How many bytes of the memory are filled.
    var count = 0

    private let pool: ChunkPool?

    /// - Parameter pool: where the memory comes from and goes to; the heap if `nil`.
    init(capacity: Int, from pool: ChunkPool? = nil) {
        self.pool = pool
        memory = pool?.take(capacity) ?? .allocate(byteCount: capacity, alignment: 4096)
    }

    deinit {
        if let pool { pool.give(memory) } else { memory.deallocate() }
    }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory[..<count]) }
    /// What can still be filled.
    var free: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(rebasing: memory[count...]) }

    /// Copies as much of `bytes` as there is room for; returns the rest.
    func fill(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        let taken = min(bytes.count, memory.count - count)
        free.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<taken]))
        count += taken
        return UnsafeRawBufferPointer(rebasing: bytes[taken...])
    }
}
