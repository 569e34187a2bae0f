import CArchive
import CSyscalls
import Failure
import FileTree
import Glibc

/// One entry as libarchive read it. Valid until the reader's next one.
struct TarEntry: LayerEntry {
    private let entry: OpaquePointer
    private let records: RawRecords

    init(_ entry: OpaquePointer, _ records: RawRecords) {
        self.entry = entry
        self.records = records
    }

    /// The name, byte by byte.
    var path: [UInt8] { records.sparsePath ?? records.path ?? Self.bytes(archive_entry_pathname(entry)) }
    /// For a symlink, where it points.
    var symlinkTarget: [UInt8] { records.linkPath ?? Self.bytes(archive_entry_symlink(entry)) }
    /// For a hard link, the name of the file that it is.
    var hardLinkTarget: [UInt8]? {
        guard let target = archive_entry_hardlink(entry) else { return nil }
        return records.linkPath ?? Self.bytes(target)
    }

    /// `nil` if the header does not say.
    var kind: FileKind? {
        let mode = mode_t(archive_entry_filetype(entry))
        guard mode != 0 else { return nil }
        let kind = FileKind(mode: mode)
        // Old archives name directories so; libarchive knows, but for names that it can't convert.
        return kind == .regular && records.path?.last == UInt8(ascii: "/") ? .directory : kind
    }
    var permissions: mode_t { mode_t(archive_entry_perm(entry)) & 0o7777 }
    /// Owners above 32 bits do not exist.
    var uid: uid_t? { uid_t(exactly: records.uid ?? archive_entry_uid(entry)) }
    var gid: gid_t? { gid_t(exactly: records.gid ?? archive_entry_gid(entry)) }
    var size: Int64 { archive_entry_size(entry) }
    var device: dev_t {
        stacker_makedev(
            UInt32(truncatingIfNeeded: archive_entry_rdevmajor(entry)),
            UInt32(truncatingIfNeeded: archive_entry_rdevminor(entry)))
    }
    var modified: Timestamp {
        records.modified
            ?? Timestamp(
                seconds: Int64(archive_entry_mtime(entry)), nanoseconds: Int32(archive_entry_mtime_nsec(entry)))
    }

    var hasNoTime: Bool { false }

    /// By a name of its own: `.wh..wh..opq`.
    var isOpaque: Bool { false }
    var namesWhiteouts: Bool { true }

    private static func exceeded(attributes limit: Int) -> Failure {
        Failure("its extended attributes are larger than \(limit) bytes")
    }

    /// The extended attributes that a layer carries, ACLs among them.
    ///
    /// - Throws: A ``Failure`` if they are larger than `limit` in all.
    func attributes(limit: Int) throws -> [ExtendedAttribute] {
        var attributes: [ExtendedAttribute] = []
        var names: Set<AttributeName> = []
        archive_entry_xattr_reset(entry)
        var total = 0
        var name: UnsafePointer<CChar>?
        var value: UnsafeRawPointer?
        var size = 0
        while archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK {
            guard let name else { continue }
            total += strlen(name) + size
            if total > limit { throw Self.exceeded(attributes: limit) }
            let key = PaxRecords.attributeName(Self.bytes(name))
            // Of several values for one name the last one counts, which libarchive gives first.
            guard CarriedAttributes.carries(key), names.insert(key).inserted else { continue }
            try CarriedAttributes.refuseTooLong(key)
            attributes.append(
                ExtendedAttribute(name: key, value: Array(UnsafeRawBufferPointer(start: value, count: size))))
        }
        for (key, value) in records.globalAttributes where CarriedAttributes.carries(key) {
            guard names.insert(key).inserted else { continue }
            total += key.bytes.count + value.count
            if total > limit { throw Self.exceeded(attributes: limit) }
            try CarriedAttributes.refuseTooLong(key)
            attributes.append(ExtendedAttribute(name: key, value: value))
        }
        return attributes + PosixACL.attributes(of: entry).filter { !names.contains($0.name) }
    }

    private static func bytes(_ text: UnsafePointer<CChar>?) -> [UInt8] {
        guard let text else { return [] }
        return Array(UnsafeRawBufferPointer(start: text, count: strlen(text)))
    }
}
