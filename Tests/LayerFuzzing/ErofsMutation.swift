import FileTree
import OCI

@testable import Layers

/// Changes of an erofs that know its format: where its inodes, names, attributes and indexes are was found out while it
/// was whole. None of them moves anything.
struct ErofsMutation {
    /// The fields of the superblock, as offset and width.
    private static let superblock = [
        (0, 4), (4, 4), (8, 4), (12, 1), (13, 1), (14, 2), (16, 8), (24, 8), (32, 4), (36, 4), (40, 4), (44, 4),
        (80, 4), (84, 2), (86, 2), (88, 2), (90, 1),
    ]
    /// Those of an inode, the short form and the long one.
    private static let inode = [
        (0, 2), (2, 2), (4, 2), (6, 2), (8, 4), (8, 8), (16, 4), (20, 4), (24, 2), (24, 4), (28, 4), (32, 8), (40, 4),
        (44, 4),
    ]
    /// Those of an entry of a list of names.
    private static let entry = [(0, 8), (8, 2), (10, 1)]

    /// Where the inodes start.
    private var inodes: [Int] = []
    /// Where a directory's entries start.
    private var entries: [Int] = []
    /// Where the names of each block of a list are.
    private var names: [Range<Int>] = []
    /// Where extended attributes are, after their inodes or for several of them.
    private var attributes: [Range<Int>] = []
    /// Where it is said in which blocks the content of a file is.
    private var indexes: [Range<Int>] = []

    /// Finds the parts of an image.
    init(of file: OpenFile, size: Int64) throws {
        let input = try ErofsInput(file, size: size)
        let content = ErofsContentReader(input)
        let reader = ErofsInodeReader(input: input, content: content)
        var slots = [UInt64(input.superblock.rootSlot)]
        var seen: Set<UInt64> = []
        while let slot = slots.popLast() {
            guard seen.insert(slot).inserted else { continue }
            let inode = try reader.read(slot, sizeLimit: 1 << 30)
            let metadata = Int(input.superblock.metadataBlock) * Erofs.blockSize
            inodes.append(metadata + Int(slot) * Erofs.slotSize)
            if !inode.attributes.isEmpty {
                attributes.append(Int(inode.attributes.lowerBound)..<Int(inode.attributes.upperBound))
            }
            if inode.layout.isIndexed, inode.kind == .regular {
                let start = Int(inode.rest)
                indexes.append(start..<min(Int(size), start + 24 + 8 * Int(Erofs.blocks(inode.size))))
            }
            if inode.kind == .directory { slots += try readNames(of: inode, content) }
        }
        let shared = Int(input.superblock.attributesBlock) * Erofs.blockSize
        if shared > 0 { attributes.append(shared..<min(Int(size), shared + 512)) }
    }

    /// Notes where the list of a directory is, and returns the slots that it names.
    private mutating func readNames(of directory: ErofsStoredInode, _ content: ErofsContentReader) throws -> [UInt64] {
        var slots: [UInt64] = []
        for offset in stride(from: 0, to: directory.size, by: Erofs.blockSize) {
            let block = try content.block(of: directory, at: offset)
            // What does not fill a block may follow the inode.
            let isInline = directory.layout == .inline && block.count < Erofs.blockSize
            let start = isInline ? directory.rest : Int64(directory.place) * Int64(Erofs.blockSize) + offset
            let end = Int(block.number(UInt16.self, at: 8))
            for entry in stride(from: 0, to: end, by: ErofsDirectory.entrySize) {
                entries.append(Int(start) + entry)
                slots.append(block.number(UInt64.self, at: entry))
            }
            names.append(Int(start) + end..<Int(start) + block.count)
        }
        return slots
    }

    func apply(to image: inout [UInt8], _ random: inout FuzzRandom) {
        switch random.below(16) {
        case 0: ByteMutation.cut(&image, &random)
        case 1: ByteMutation.apply(to: &image, in: 0..<image.count, &random)
        case 2, 3: editField(Self.superblock, of: Erofs.superblockOffset, in: &image, &random)
        case 4, 5, 6: editField(Self.inode, of: random.pick(inodes), in: &image, &random)
        case 7: swapInodes(in: &image, &random)
        case 8, 9: editField(Self.entry, of: random.pick(entries), in: &image, &random)
        case 10: editName(in: &image, &random)
        case 11, 12: edit(attributes, in: &image, &random)
        default: edit(indexes, in: &image, &random)
        }
    }

    /// Makes the superblock's checksum right again, so that what it says is believed.
    static func seal(_ image: inout [UInt8]) {
        guard image.count >= Erofs.blockSize else { return }
        var block = Array(image[..<Erofs.blockSize])
        ErofsSuperblock.seal(&block)
        image.replaceSubrange(..<Erofs.blockSize, with: block)
    }

    // MARK: -

    private func editField(
        _ fields: [(Int, Int)], of start: Int, in image: inout [UInt8], _ random: inout FuzzRandom
    ) {
        let (offset, width) = random.pick(fields)
        let place = start + offset
        guard place + 8 <= image.count else { return }
        let before = image.number(UInt64.self, at: place)
        let value: UInt64 =
            switch random.below(6) {
            case 0: random.pick(ByteMutation.numbers)
            case 1: before &+ UInt64(random.below(64)) &- 32
            case 2: before ^ 1 << UInt64(random.below(8 * width))
            case 3: UInt64(random.below(image.count / Erofs.blockSize + 2))
            case 4: UInt64(random.pick(inodes) / Erofs.slotSize)
            default: random.next()
            }
        ByteMutation.put(value, width: width, at: place, in: &image)
    }

    /// Gives one inode what another has: a directory the mode of a file, a file the place of a list of names.
    private func swapInodes(in image: inout [UInt8], _ random: inout FuzzRandom) {
        let (from, to) = (random.pick(inodes), random.pick(inodes))
        let (offset, width) = random.oneIn(3) ? (0, 32) : random.pick(Self.inode)
        guard from + offset + width <= image.count, to + offset + width <= image.count else { return }
        let bytes = Array(image[from + offset..<from + offset + width])
        image.replaceSubrange(to + offset..<to + offset + width, with: bytes)
    }

    private func editName(in image: inout [UInt8], _ random: inout FuzzRandom) {
        let range = random.pick(names).clamped(to: 0..<image.count)
        guard !range.isEmpty else { return }
        let place = random.pick(range)
        let name = random.pick([[0], Array("/".utf8), Array("../".utf8), Array(".".utf8), [0xff]])
        for (index, byte) in name.enumerated() where place + index < range.upperBound { image[place + index] = byte }
    }

    private func edit(_ ranges: [Range<Int>], in image: inout [UInt8], _ random: inout FuzzRandom) {
        guard !ranges.isEmpty else { return }
        let range = random.pick(ranges).clamped(to: 0..<image.count)
        guard !range.isEmpty else { return }
        // Most numbers are at its start.
        let place = range.lowerBound + random.below(random.oneIn(2) ? min(range.count, 40) : range.count)
        switch random.below(4) {
        case 0: image[place] ^= 1 << UInt8(random.below(8))
        case 1: image[place] = UInt8(truncatingIfNeeded: random.next())
        case 2: editField([(0, 1), (0, 2), (0, 4)], of: place, in: &image, &random)
        default: editField([(0, 2), (0, 4)], of: place & ~3, in: &image, &random)
        }
    }
}

extension Erofs.Layout {
    /// Whether it is said after the inode where the parts of the content are.
    fileprivate var isIndexed: Bool { self != .plain && self != .inline }
}
