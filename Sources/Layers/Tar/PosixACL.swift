import CArchive
import FileTree
import Glibc

/// POSIX ACLs that an archive has as text (`SCHILY.acl.access`, as bsdtar and star write them), turned into the
/// attribute that the kernel keeps them in: a version and eight bytes for each record (linux/posix_acl_xattr.h).
enum PosixACL {
    static func attributes(of entry: OpaquePointer) -> [ExtendedAttribute] {
        let types = archive_entry_acl_types(entry)
        if types == 0 { return [] }
        let kinds: [(Int32, AttributeName)] = [
            (ARCHIVE_ENTRY_ACL_TYPE_ACCESS, "system.posix_acl_access"),
            (ARCHIVE_ENTRY_ACL_TYPE_DEFAULT, "system.posix_acl_default"),
        ]
        return kinds.compactMap { type, name in
            guard types & type != 0, let value = encoded(entry, type) else { return nil }
            return ExtendedAttribute(name: name, value: value)
        }
    }

    private struct Record {
        var tag: UInt16
        var permissions: UInt16
        var id: UInt32
    }

    private static func encoded(_ entry: OpaquePointer, _ type: Int32) -> [UInt8]? {
        var records: [Record] = []
        archive_entry_acl_reset(entry, type)
        var kind: Int32 = 0
        var permissions: Int32 = 0
        var tag: Int32 = 0
        var id: Int32 = 0
        var name: UnsafePointer<CChar>?
        while archive_entry_acl_next(entry, type, &kind, &permissions, &tag, &id, &name) == ARCHIVE_OK {
            let kernelTag: UInt16
            switch tag {
            case ARCHIVE_ENTRY_ACL_USER_OBJ: kernelTag = 0x01
            case ARCHIVE_ENTRY_ACL_USER: kernelTag = 0x02
            case ARCHIVE_ENTRY_ACL_GROUP_OBJ: kernelTag = 0x04
            case ARCHIVE_ENTRY_ACL_GROUP: kernelTag = 0x08
            case ARCHIVE_ENTRY_ACL_MASK: kernelTag = 0x10
            case ARCHIVE_ENTRY_ACL_OTHER: kernelTag = 0x20
            default: continue
            }
            let isNamed = kernelTag == 0x02 || kernelTag == 0x08
            // A user without a number is one of another machine.
            if isNamed, id < 0 { continue }
            records.append(
                Record(
                    tag: kernelTag, permissions: UInt16(truncatingIfNeeded: permissions & 7),
                    id: isNamed ? UInt32(bitPattern: id) : UInt32.max))
        }
        if records.isEmpty { return nil }
        records.sort { ($0.tag, $0.id) < ($1.tag, $1.id) }
        var bytes: [UInt8] = [2, 0, 0, 0]
        for record in records {
            withUnsafeBytes(of: record.tag.littleEndian) { bytes += $0 }
            withUnsafeBytes(of: record.permissions.littleEndian) { bytes += $0 }
            withUnsafeBytes(of: record.id.littleEndian) { bytes += $0 }
        }
        return bytes
    }
}
