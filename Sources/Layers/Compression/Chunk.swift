import Synchronization

/// Memory of chunks that are gone, for the next ones of the same size: fresh pages cost time, and a heap that several
/// threads take large pieces from holds many times what is in use.
final class ChunkPool: Sendable {
    private struct Memory: @unchecked Sendable {
        var bytes: UnsafeMutableRawBufferPointer
    }

    private let free = Mutex<[Memory]>([])

    deinit {
        free.withLock { for memory in $0 { memory.bytes.deallocate() } }
    }

    fileprivate func take(_ capacity: Int) -> UnsafeMutableRawBufferPointer? {
        free.withLock { free in
            free.lastIndex { $0.bytes.count == capacity }.map { Memory(bytes: free.remove(at: $0).bytes) }
        }?.bytes
    }

    fileprivate func give(_ bytes: UnsafeMutableRawBufferPointer) {
        let memory = Memory(bytes: bytes)
        free.withLock { $0.append(memory) }
    }
}

/// A piece of a stream in memory of its own. Filled by one thread and only read after it was handed on.
final class Chunk: @unchecked Sendable {
    let memory: UnsafeMutableRawBufferPointer
    /// How many bytes of the memory are filled.
    var count = 0

    private let pool: ChunkPool?

    /// - Parameter pool: where the memory comes from, if it has some, and goes to.
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
