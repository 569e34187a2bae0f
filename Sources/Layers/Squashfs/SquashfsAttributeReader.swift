import CSquashFS
import Failure
import FileTree
import Glibc

/// Reads sets of extended attributes. libsquashfs's own reader would take memory as an image asks for it.
struct SquashfsAttributeReader {
    private let file: SquashfsFile
    private let values: SquashfsMetadataReader
    private var sets: [sqfs_xattr_id_t] = []

    /// - Parameter limit: an image with more sets is refused.
    init(
        _ file: SquashfsFile, _ decompressor: SquashfsObject, _ superblock: sqfs_super_t, limit: Int
    ) throws {
        self.file = file
        let (table, end) = (superblock.xattr_id_table_start, superblock.bytes_used)
        let has = superblock.flags & UInt16(SQFS_FLAG_NO_XATTRS.rawValue) == 0 && table != UInt64.max
        var header = sqfs_xattr_id_table_t()
        if has {
            let headerSize = MemoryLayout<sqfs_xattr_id_table_t>.size
            guard table < end, end - table >= headerSize else { throw Failure("its table of attributes is damaged") }
            _ = try withUnsafeMutableBytes(of: &header) { header in
                try file.check(file.pointer.pointee.read_at(file.pointer, table, header.baseAddress, headerSize))
            }
        }
        let start = header.xattr_table_start.littleEndian
        guard start < end else { throw Failure("its table of attributes is damaged") }
        values = try SquashfsMetadataReader(file, decompressor, in: start..<end)
        let count = Int(header.xattr_ids.littleEndian)
        guard count <= limit else { throw Failure("it has \(count) sets of attributes, more than \(limit)") }
        if !has || count == 0 { return }
        var raw: UnsafeMutableRawPointer?
        try file.check(
            sqfs_read_table(
                file.pointer, decompressor.typed(), count * MemoryLayout<sqfs_xattr_id_t>.size,
                table + UInt64(MemoryLayout<sqfs_xattr_id_table_t>.size), start, end, &raw))
        guard let raw else { return }
        defer { sqfs_free(raw) }
        sets = Array(UnsafeBufferPointer(start: raw.assumingMemoryBound(to: sqfs_xattr_id_t.self), count: count))
    }

    /// The attributes of a set.
    ///
    /// - Throws: A ``Failure`` if they are larger than `limit` in all.
    func attributes(_ index: UInt32, limit: Int) throws -> [ExtendedAttribute] {
        if index == UInt32.max { return [] }
        guard index < sets.count else { throw Failure("its attributes are not in the table of them") }
        let set = sets[Int(index)]
        try values.seek(set.xattr.littleEndian)
        var attributes: [ExtendedAttribute] = []
        var total = 0
        func room(_ size: Int) throws {
            total += size
            if total > limit { throw Failure("its extended attributes are larger than \(limit) bytes") }
        }
        for _ in 0..<set.count.littleEndian {
            // sqfs_xattr_entry_t, which Swift does not take for plain bytes.
            var entry: (type: UInt16, size: UInt16) = (0, 0)
            try values.read(into: &entry.type)
            try values.read(into: &entry.size)
            let (type, length) = (entry.type.littleEndian, Int(entry.size.littleEndian))
            guard
                let prefix = sqfs_get_xattr_prefix(
                    SQFS_XATTR_TYPE(rawValue: UInt32(type) & UInt32(SQFS_XATTR_PREFIX_MASK.rawValue)))
            else { throw Failure("it has an attribute of no known type") }
            try room(length + 1)
            let name = Array(String(cString: prefix).utf8) + (try values.read(length))
            guard !name.contains(0) else { throw Failure("the name of an attribute has a NUL in it") }
            let value = try readValue(elsewhere: type & UInt16(SQFS_XATTR_FLAG_OOL.rawValue) != 0, room)
            attributes.append(ExtendedAttribute(name: AttributeName(name), value: value))
        }
        return attributes
    }

    /// A value follows its name, or a reference to it does.
    private func readValue(elsewhere: Bool, _ room: (Int) throws -> Void) throws -> [UInt8] {
        var size: UInt32 = 0
        try values.read(into: &size)
        if !elsewhere {
            try room(Int(size.littleEndian))
            return try values.read(Int(size.littleEndian))
        }
        var reference: UInt64 = 0
        try values.read(into: &reference)
        let position = values.position
        try values.seek(reference.littleEndian)
        try values.read(into: &size)
        try room(Int(size.littleEndian))
        let value = try values.read(Int(size.littleEndian))
        // After the last name of all there is nothing to go back to.
        try? values.seek(to: position)
        return value
    }
}
