import Failure
import FileTree
import Glibc
import OCI

/// Numbers of the erofs format, version 1.
///
/// [docs.kernel.org, "EROFS"](https://docs.kernel.org/filesystems/erofs.html), and `fs/erofs/erofs_fs.h` in Linux
enum Erofs {
    /// Bytes of a block, of a logical cluster, and of a compressed cluster of the images that are written.
    static let blockSize = 4096
    static let blockBits = 12
    /// Inodes are found by their place in the image, counted in slots of 32 bytes.
    static let slotSize = 32
    static let superblockOffset = 1024
    static let superblockSize = 128
    static let magic: UInt32 = 0xe0f5_e1e2
    /// A head says the number of its compressed blocks, in the entry after it.
    static let clusterBlocks: UInt16 = 1 << 11

    /// Features without which an image cannot be read.
    enum Feature {
        /// Compressed data end where their block ends.
        static let zeroPadding: UInt32 = 1
        /// Compressed clusters of several blocks, and a table that says which compressions there are.
        static let bigClusters: UInt32 = 2
        static let chunks: UInt32 = 4
        static let all = zeroPadding | bigClusters | chunks
    }

    /// How the content of a file is stored.
    enum Layout: UInt16 {
        /// Blocks in a row.
        case plain = 0
        /// Clusters, with eight bytes for each block of content.
        case compressed = 1
        /// Blocks in a row, and the rest right after the inode.
        case inline = 2
        /// Clusters, with two or four bytes for each block of content.
        case compact = 3
        /// Chunks, each wherever it may be.
        case chunks = 4
    }

    /// What an entry of the index of a compressed file is.
    enum Cluster: UInt16 {
        /// An extent that is stored as it is starts here.
        case plain = 0
        /// A compressed extent starts here.
        case head = 1
        /// All of this belongs to the extent before.
        case body = 2
        case secondHead = 3
    }

    /// What the numbers mean that stand for the beginnings of extended attributes' names.
    static let attributePrefixes: [(index: UInt8, prefix: String)] = [
        (2, "system.posix_acl_access"), (3, "system.posix_acl_default"), (1, "user."), (4, "trusted."),
        (6, "security."),
    ]

    /// The type of a directory entry.
    static func entryType(_ kind: FileKind) -> UInt8 {
        switch kind {
        case .regular: 1
        case .directory: 2
        case .characterDevice: 3
        case .blockDevice: 4
        case .fifo: 5
        case .socket: 6
        case .symlink: 7
        }
    }

    /// How many blocks so many bytes take.
    static func blocks(_ bytes: Int64) -> Int64 { (bytes + Int64(blockSize) - 1) / Int64(blockSize) }
}

/// The block at the start of an image.
struct ErofsSuperblock {
    var rootSlot: UInt16
    var inodes: UInt64
    var blocks: UInt32
    var uuid: [UInt8]
    /// The time of those inodes that have none of their own, in seconds and nanoseconds.
    var time = Timestamp(seconds: 0)
    var metadataBlock: UInt32 = 0
    var attributesBlock: UInt32 = 0
    var features = Erofs.Feature.zeroPadding

    /// Writes it into the image's first block.
    func put(into block: inout [UInt8]) {
        let start = Erofs.superblockOffset
        block.replaceSubrange(start..<start + Erofs.superblockSize, with: repeatElement(0, count: Erofs.superblockSize))
        block.put(Erofs.magic, at: start)
        // It has a checksum, and inodes have times of their own.
        block.put(UInt32(3), at: start + 8)
        block.put(UInt8(Erofs.blockBits), at: start + 12)
        block.put(rootSlot, at: start + 14)
        block.put(inodes, at: start + 16)
        block.put(UInt64(bitPattern: time.seconds), at: start + 24)
        block.put(UInt32(time.nanoseconds), at: start + 32)
        block.put(blocks, at: start + 36)
        block.put(metadataBlock, at: start + 40)
        block.put(attributesBlock, at: start + 44)
        block.replaceSubrange(start + 48..<start + 64, with: uuid)
        block.put(features, at: start + 80)
        Self.seal(&block)
    }

    /// Writes the checksum into the image's first block.
    static func seal(_ block: inout [UInt8]) {
        block.put(UInt32(0), at: Erofs.superblockOffset + 4)
        block.put(checksum(block), at: Erofs.superblockOffset + 4)
    }

    /// Reads the superblock of an image.
    ///
    /// - Throws: A ``Failure`` if it is none, damaged, or of a kind that is not supported.
    init(_ input: OpenFile, size: Int64) throws {
        guard size >= Erofs.blockSize else { throw Failure("the erofs is truncated: it has \(size) bytes") }
        var block = try input.readExactly(Erofs.blockSize, at: 0)
        let start = Erofs.superblockOffset
        guard block.number(UInt32.self, at: start) == Erofs.magic else { throw Failure("it is no erofs") }
        guard block[start + 12] == Erofs.blockBits, block[start + 90] == 0 else {
            throw Failure("the erofs has blocks of another size than 4096 bytes")
        }
        let stored = block.number(UInt32.self, at: start + 4)
        block.put(UInt32(0), at: start + 4)
        if block.number(UInt32.self, at: start + 8) & 1 != 0, Self.checksum(block) != stored {
            throw Failure("the erofs is damaged: its superblock does not fit its checksum")
        }
        features = block.number(UInt32.self, at: start + 80)
        guard features & ~Erofs.Feature.all == 0, block.number(UInt16.self, at: start + 86) == 0 else {
            throw Failure(
                "the erofs uses features that are not supported (0x\(String(features, radix: 16)))",
                help: "make it without fragments, dedupe, inlined tails and extra devices")
        }
        rootSlot = block.number(UInt16.self, at: start + 14)
        inodes = block.number(UInt64.self, at: start + 16)
        let nanoseconds = block.number(UInt32.self, at: start + 32)
        guard nanoseconds < 1_000_000_000 else { throw Failure("the erofs is damaged: its time is none") }
        time = Timestamp(
            seconds: Int64(bitPattern: block.number(UInt64.self, at: start + 24)), nanoseconds: Int32(nanoseconds))
        blocks = block.number(UInt32.self, at: start + 36)
        metadataBlock = block.number(UInt32.self, at: start + 40)
        attributesBlock = block.number(UInt32.self, at: start + 44)
        uuid = Array(block[start + 48..<start + 64])
        guard blocks > 0, Int64(blocks) * Int64(Erofs.blockSize) <= size else {
            throw Failure("the erofs is truncated: it says that it has \(blocks) blocks")
        }
    }

    init(rootSlot: UInt16, inodes: UInt64, blocks: UInt32, uuid: [UInt8]) {
        self.rootSlot = rootSlot
        self.inodes = inodes
        self.blocks = blocks
        self.uuid = uuid
    }

    /// CRC-32C of the block from the superblock on, which has zeros where the checksum will be; not inverted at the end.
    private static func checksum(_ block: [UInt8]) -> UInt32 {
        block[Erofs.superblockOffset...].reduce(UInt32.max) { checksum, byte in
            var rest = checksum ^ UInt32(byte)
            for _ in 0..<8 { rest = rest >> 1 ^ (rest & 1 == 0 ? 0 : 0x82f6_3b78) }
            return rest
        }
    }
}

extension [UInt8] {
    /// Overwrites bytes with a number, the lowest byte first.
    mutating func put<Number: FixedWidthInteger>(_ number: Number, at offset: Int) {
        Swift.withUnsafeBytes(of: number.littleEndian) { bytes in
            replaceSubrange(offset..<offset + bytes.count, with: bytes)
        }
    }

    /// The number at `offset`, the lowest byte first.
    func number<Number: FixedWidthInteger>(_ type: Number.Type, at offset: Int) -> Number {
        precondition(offset >= 0 && offset + MemoryLayout<Number>.size <= count)
        return withUnsafeBytes { Number(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: type)) }
    }
}
