import Failure
import OCI

/// Computes a dm-verity tree while its data stream by, one block of every level in memory.
///
/// A block of hashes holds 128 of them and is hashed in its turn into the level above; the hash of the one block at
/// the top is the root hash. On disk the levels follow one another from the top down.
struct VerityTree {
    private static let hashSize = 32
    private static let blockSize = VeritySuperblock.blockSize
    private static let perBlock = UInt64(blockSize / hashSize)

    /// The block of a level that is being filled.
    private struct Level {
        /// Where on disk its first block lies, in blocks after the superblock.
        var start: UInt64
        var done: UInt64 = 0
        var block: [UInt8] = []
    }

    private let salted: SHA256
    private let dataBlocks: UInt64
    private var hashed: UInt64 = 0
    /// The lowest level first.
    private var levels: [Level] = []
    private var root: [UInt8]?
    /// Takes a complete block of hashes and its place, in blocks after the superblock.
    private let emit: (UInt64, [UInt8]) throws -> Void

    init(_ superblock: VeritySuperblock, emit: @escaping (UInt64, [UInt8]) throws -> Void) {
        var hash = SHA256()
        superblock.salt.withUnsafeBytes { hash.update($0) }
        salted = hash
        dataBlocks = superblock.dataBlocks
        self.emit = emit
        var counts: [UInt64] = []
        var count = dataBlocks
        while count > 1 {
            count = count / Self.perBlock + (count % Self.perBlock > 0 ? 1 : 0)
            counts.append(count)
        }
        var start: UInt64 = 0
        for count in counts.reversed() {
            levels.insert(Level(start: start), at: 0)
            start += count
        }
    }

    /// How many blocks of hashes a tree over so many blocks of data has.
    static func blocks(over dataBlocks: UInt64) -> UInt64 {
        var total: UInt64 = 0
        var count = dataBlocks
        while count > 1 {
            count = count / perBlock + (count % perBlock > 0 ? 1 : 0)
            total += count
        }
        return total
    }

    /// Takes the next blocks of data, all of them whole.
    mutating func add(_ bytes: UnsafeRawBufferPointer) throws {
        var offset = 0
        while offset < bytes.count {
            guard hashed < dataBlocks else { throw Failure("there are more data than its dm-verity tree covers") }
            let hash = digest(of: UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + Self.blockSize]))
            hashed += 1
            offset += Self.blockSize
            try add(hash, to: 0)
        }
    }

    /// The root hash in hexadecimal digits, after all of the data.
    mutating func finish() throws -> String {
        guard hashed == dataBlocks else { throw Failure("there are fewer data than its dm-verity tree covers") }
        for level in levels.indices where !levels[level].block.isEmpty { try flush(level) }
        guard let root else { throw Failure("a dm-verity tree over nothing") }
        return root.hexadecimal
    }

    private func digest(of block: UnsafeRawBufferPointer) -> [UInt8] {
        var hash = salted
        hash.update(block)
        return hash.finish()
    }

    private mutating func add(_ hash: [UInt8], to level: Int) throws {
        guard level < levels.count else {
            root = hash
            return
        }
        levels[level].block += hash
        if levels[level].block.count == Self.blockSize { try flush(level) }
    }

    /// A block of hashes is full, or the last one of its level: the rest of it is zeros.
    private mutating func flush(_ level: Int) throws {
        var block: [UInt8] = []
        swap(&block, &levels[level].block)
        block += repeatElement(0, count: Self.blockSize - block.count)
        try emit(levels[level].start + levels[level].done, block)
        levels[level].done += 1
        let hash = block.withUnsafeBytes { digest(of: $0) }
        block.removeAll(keepingCapacity: true)
        swap(&block, &levels[level].block)
        try add(hash, to: level + 1)
    }
}
