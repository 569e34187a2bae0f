import Glibc
import Synchronization

/// Memory of chunks that are gone, for the next ones of the same size, whichever layer has them: fresh pages cost time. It
/// is not the heap's, which holds many times what is in use where several threads take large pieces from it.
final class ChunkPool: Sendable {
    /// More than this is not kept.
    private static let mostKept = 32 << 20

    private struct Memory: @unchecked Sendable {
        var bytes: UnsafeMutableRawBufferPointer
    }

    private struct Free {
        var pieces: [Memory] = []
        var size = 0
    }

    private let free = Mutex(Free())

    deinit {
        free.withLock { for memory in $0.pieces { Self.unmap(memory.bytes) } }
    }

    func take(_ capacity: Int) -> UnsafeMutableRawBufferPointer {
        let kept = free.withLock { free -> Memory? in
            guard let place = free.pieces.lastIndex(where: { $0.bytes.count == capacity }) else { return nil }
            free.size -= capacity
            return Memory(bytes: free.pieces.remove(at: place).bytes)
        }
        return kept?.bytes ?? Self.map(capacity)
    }

    func give(_ bytes: UnsafeMutableRawBufferPointer) {
        let memory = Memory(bytes: bytes)
        let isKept = free.withLock { free in
            guard free.size + memory.bytes.count <= Self.mostKept else { return false }
            free.size += memory.bytes.count
            free.pieces.append(Memory(bytes: memory.bytes))
            return true
        }
        if !isKept { Self.unmap(bytes) }
    }

    private static func map(_ size: Int) -> UnsafeMutableRawBufferPointer {
        let start = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        // As where the heap has none.
        guard let start, start != MAP_FAILED else { fatalError("no memory for \(size) bytes") }
        return UnsafeMutableRawBufferPointer(start: start, count: size)
    }

    private static func unmap(_ bytes: UnsafeMutableRawBufferPointer) {
        munmap(bytes.baseAddress, bytes.count)
    }
}
