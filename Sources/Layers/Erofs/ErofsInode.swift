import Failure
import FileTree
import Glibc
import OCI

/// An inode that is to be written: always of the long form, which has room for any owner and its own time.
struct ErofsInode {
    static let size = 64

    var metadata: InodeMetadata
    var links: UInt32 = 1
    /// What stat(2) shows as its number to 32-bit programs.
    var number: UInt32 = 0
    /// Extended attributes as they follow it.
    var attributes: [UInt8] = []
    var layout = Erofs.Layout.plain
    /// Length of the content, of a symlink's target, of a directory's list.
    var length: Int64 = 0
    /// Where the content starts, how many blocks it has if it is compressed, or which device it is.
    var place: UInt32 = 0

    /// The inode and its attributes.
    var encoded: [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Self.size)
        bytes.put(1 | layout.rawValue << 1, at: 0)
        // The header counts as one, and four bytes each after it.
        bytes.put(UInt16(attributes.isEmpty ? 0 : (attributes.count - Self.attributesHeader) / 4 + 1), at: 2)
        bytes.put(metadata.mode, at: 4)
        bytes.put(UInt64(length), at: 8)
        bytes.put(place, at: 16)
        bytes.put(number, at: 20)
        bytes.put(metadata.uid, at: 24)
        bytes.put(metadata.gid, at: 28)
        bytes.put(UInt64(bitPattern: metadata.modified.seconds), at: 32)
        bytes.put(UInt32(metadata.modified.nanoseconds), at: 40)
        bytes.put(links, at: Self.linksOffset)
        return bytes + attributes
    }

    /// Where the number of links is.
    static let linksOffset = 44
    static let attributesHeader = 12

    /// Extended attributes in the form in which they follow their inode.
    ///
    /// - Throws: A ``Failure`` if the format has no room for one of them.
    static func encode(_ attributes: [ExtendedAttribute]) throws -> [UInt8] {
        if attributes.isEmpty { return [] }
        var bytes = [UInt8](repeating: 0, count: attributesHeader)
        for attribute in attributes {
            guard let known = Erofs.attributePrefixes.first(where: { attribute.name.hasPrefix($0.prefix) }),
                attribute.value.count <= Int(UInt16.max)
            else { throw Failure("an erofs cannot hold its extended attribute \(attribute.name)") }
            let rest = attribute.name.bytes.dropFirst(known.prefix.utf8.count)
            bytes.append(UInt8(rest.count))
            bytes.append(known.index)
            bytes.append(UInt8(truncatingIfNeeded: attribute.value.count))
            bytes.append(UInt8(attribute.value.count >> 8))
            bytes += rest
            bytes += attribute.value
            bytes += repeatElement(0, count: -bytes.count & 3)
        }
        guard bytes.count <= 4 * Int(UInt16.max) else {
            throw Failure("an erofs cannot hold so many extended attributes in one file")
        }
        return bytes
    }
}
