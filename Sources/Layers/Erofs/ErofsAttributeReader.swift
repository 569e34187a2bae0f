import Failure
import FileTree

/// Reads extended attributes: those that follow their inode, and those that several inodes share.
struct ErofsAttributeReader {
    private static let entryHeader = 4

    let input: ErofsInput

    /// All attributes of an inode, sorted by name.
    ///
    /// - Throws: A ``Failure`` if they are larger than `limit` in all, or damaged.
    func attributes(_ inode: ErofsStoredInode, limit: Int) throws -> [ExtendedAttribute] {
        let range = inode.attributes
        if range.isEmpty { return [] }
        let bytes = try input.read(Int(range.upperBound - range.lowerBound), at: range.lowerBound)
        var attributes: [ExtendedAttribute] = []
        var total = 0
        func add(_ attribute: ExtendedAttribute) throws {
            total += attribute.name.bytes.count + attribute.value.count
            if total > limit { throw Failure("its extended attributes are larger than \(limit) bytes") }
            attributes.append(attribute)
        }
        let shared = Int(bytes[4])
        var place = ErofsInode.attributesHeader + 4 * shared
        guard place <= bytes.count else { throw Self.damage }
        for number in 0..<shared {
            let word = bytes.number(UInt32.self, at: ErofsInode.attributesHeader + 4 * number)
            let start = Int64(input.superblock.attributesBlock) * Int64(Erofs.blockSize) + 4 * Int64(word)
            let header = try input.read(Self.entryHeader, at: start)
            try add(parse(header + input.read(Self.length(header) - header.count, at: start + Int64(header.count))))
        }
        while place < bytes.count {
            guard bytes.count - place >= Self.entryHeader else { throw Self.damage }
            let length = Self.length(Array(bytes[place..<place + Self.entryHeader]))
            guard bytes.count - place >= length else { throw Self.damage }
            try add(parse(Array(bytes[place..<place + length])))
            place += (length + 3) & ~3
        }
        return attributes.sorted { $0.name < $1.name }
    }

    /// How long an entry is, with its header and without padding.
    private static func length(_ header: [UInt8]) -> Int {
        entryHeader + Int(header[0]) + Int(header.number(UInt16.self, at: 2))
    }

    private func parse(_ entry: [UInt8]) throws -> ExtendedAttribute {
        let end = Self.entryHeader + Int(entry[0])
        let name = entry[Self.entryHeader..<end]
        guard let known = Erofs.attributePrefixes.first(where: { $0.index == entry[1] }), !name.contains(0) else {
            throw Self.damage
        }
        return ExtendedAttribute(
            name: AttributeName(Array(known.prefix.utf8) + name), value: Array(entry[end...]))
    }

    private static var damage: Failure { Failure("the erofs is damaged: its extended attributes make no sense") }
}
