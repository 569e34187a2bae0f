import Failure

/// Reads the index of a compressed file from its start to its end, and says which extents there are.
struct ErofsIndexReader {
    /// A piece of content.
    struct Extent {
        var start: Int64
        var length: Int64
        /// The blocks that it is stored in.
        var block: UInt32
        var blocks: Int
        /// Whether it is stored as it is.
        var isPlain: Bool
    }

    /// What the index says of one block of content.
    private struct Entry {
        var type: Erofs.Cluster
        /// For a head: where in the block its extent starts; otherwise a distance, or how many blocks the extent has.
        var value: UInt16
        var block: UInt32 = 0
    }

    /// Bits of the header.
    private enum Advice {
        static let twoBytes: UInt16 = 1
        static let bigClusters: UInt16 = 2
        static let all = twoBytes | bigClusters | 4
    }

    private let input: ErofsInput
    private let size: Int64
    private let count: Int64
    private let isCompact: Bool
    private let hasBigClusters: Bool
    /// Where the entries are that were not read yet.
    private var place: Int64
    /// In a compact index: at which entries the short ones start and end.
    private var shortEntries: Range<Int64> = 0..<0
    private var number: Int64 = 0
    /// Entries that were read and not used, the first last.
    private var pack: [Entry] = []
    private var head: (start: Int64, entry: Entry)?

    init(_ inode: ErofsStoredInode, _ input: ErofsInput) throws {
        self.input = input
        size = inode.size
        count = Erofs.blocks(inode.size)
        isCompact = inode.layout == .compact
        let start = (inode.rest + 7) & ~7
        let header = try input.read(8, at: start)
        let advice = header.number(UInt16.self, at: 4)
        guard header[6] == 0, header[7] == 0, advice & ~Advice.all == 0 else {
            throw Failure(
                "it is compressed in a way that is not supported",
                help: "only lz4 and lz4hc are, with logical clusters of 4096 bytes")
        }
        hasBigClusters = advice & Advice.bigClusters != 0
        place = start + (isCompact ? 8 : 16)
        if isCompact, advice & Advice.twoBytes != 0 {
            // Packs of short entries lie at multiples of their 32 bytes.
            let before = (32 - place % 32) % 32 / 4
            if before < count { shortEntries = before..<before + (count - before) / 16 * 16 }
        }
        guard try next() == nil, count == 0 || head?.start == 0 else { throw Self.damage }
    }

    /// The next extent; `nil` after the last. The first call, before there is a head, only reads the first head.
    mutating func next() throws -> Extent? {
        var blocks = 1
        let current = head
        while number < count {
            let entry = try readEntry()
            let start = (number - 1) * Int64(Erofs.blockSize)
            switch entry.type {
            case .plain, .head:
                guard entry.value < Erofs.blockSize else { throw Self.damage }
                head = (start + Int64(entry.value), entry)
                return current.map { extent($0.start, $0.entry, blocks) }
            case .body:
                guard let current else { throw Self.damage }
                // Only the first one after a head can say it.
                if hasBigClusters, entry.value & Erofs.clusterBlocks != 0,
                    number - 1 == current.start / Int64(Erofs.blockSize) + 1
                {
                    blocks = Int(entry.value & ~Erofs.clusterBlocks)
                }
            case .secondHead:
                throw Self.damage
            }
        }
        head = nil
        guard let current, current.start < size else { return nil }
        return extent(current.start, current.entry, blocks)
    }

    private func extent(_ start: Int64, _ entry: Entry, _ blocks: Int) -> Extent {
        let end = min(size, head?.start ?? size)
        return Extent(
            start: start, length: max(0, end - start), block: entry.block, blocks: blocks,
            isPlain: entry.type == .plain)
    }

    private static var damage: Failure { Failure("the erofs is damaged: the index of its content makes no sense") }

    // MARK: - Entries

    private mutating func readEntry() throws -> Entry {
        if pack.isEmpty {
            if isCompact {
                try readPack(short: shortEntries.contains(number))
            } else {
                try readLongEntries()
            }
        }
        number += 1
        guard let entry = pack.popLast() else { throw Self.damage }
        return entry
    }

    private mutating func readLongEntries() throws {
        let piece = Int(min(count - number, 512))
        let bytes = try input.read(8 * piece, at: place)
        place += Int64(bytes.count)
        for index in (0..<piece).reversed() {
            guard let type = Erofs.Cluster(rawValue: bytes.number(UInt16.self, at: 8 * index) & 3) else {
                throw Self.damage
            }
            // The place of a head, or the distance of a body to the head before.
            let value = bytes.number(UInt16.self, at: 8 * index + (type == .body ? 4 : 2))
            pack.append(Entry(type: type, value: value, block: bytes.number(UInt32.self, at: 8 * index + 4)))
        }
    }

    /// Several entries of 14 or 16 bits, of which two say the type, and after them the block before that of the first
    /// extent that starts among them.
    private mutating func readPack(short: Bool) throws {
        let (entries, bits) = short ? (16, 14) : (2, 16)
        let bytes = try input.read(short ? 32 : 8, at: place)
        place += Int64(bytes.count)
        var block = bytes.number(UInt32.self, at: bytes.count - 4)
        var isAfterHead = false
        for index in 0..<entries {
            let bit = index * bits
            // The last of them ends where the number of the block starts: three bytes are there.
            let word =
                (UInt32(bytes[bit / 8]) | UInt32(bytes[bit / 8 + 1]) << 8 | UInt32(bytes[bit / 8 + 2]) << 16)
                >> UInt32(bit % 8)
            guard let type = Erofs.Cluster(rawValue: UInt16(word >> 12 & 3)) else { throw Self.damage }
            var entry = Entry(type: type, value: UInt16(word & 0xfff))
            if hasBigClusters {
                if type == .body {
                    if entry.value & Erofs.clusterBlocks != 0, isAfterHead || index == 0 {
                        block &+= UInt32(entry.value & ~Erofs.clusterBlocks)
                    } else if isAfterHead {
                        block &+= 1
                    }
                } else if isAfterHead {
                    block &+= 1
                }
                entry.block = block
            } else if type != .body {
                block &+= 1
                entry.block = block
            }
            isAfterHead = type != .body
            pack.append(entry)
        }
        pack.reverse()
    }
}
