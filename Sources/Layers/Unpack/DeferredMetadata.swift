import Failure
import FileTree
import Glibc
import SystemPackage

/// Modes, times and extended attributes of directories, kept until all their entries are there: a mode could keep an
/// ordinary user out, an entry would change the time, and a default ACL would be inherited.
struct DeferredMetadata {
    struct Record {
        var path: [UInt8]
        /// The directory that was made; another one at the same path has another number.
        var inode: ino_t
        var permissions: mode_t
        var modified: Timestamp
        var attributes: [ExtendedAttribute]
    }

    private var records: [Record] = []
    private var index: [[UInt8]: Int] = [:]
    private var size = 0
    private let limit: Int

    /// - Parameter limit: bytes of names and attributes in all, beyond which an archive is refused.
    init(limit: Int) {
        self.limit = limit
    }

    /// Remembers what a directory is to have; what was said of it before no longer counts.
    mutating func remember(_ record: Record) throws {
        size += record.path.count
        for attribute in record.attributes { size += attribute.name.bytes.count + attribute.value.count }
        if size > limit { throw UnpackLimits.exceeded(kept: limit) }
        if let position = index[record.path] {
            records[position] = record
        } else {
            index[record.path] = records.count
            records.append(record)
        }
    }

    /// Gives it to them, the last ones first: children before their parents.
    func apply(_ parents: inout ParentDirectories, report: inout UnpackReport) throws {
        for record in records.reversed() {
            try attempt("couldn't set the metadata of \(shown(path: record.path))") {
                guard let directory = try parents.existing(record.path[...], record.inode) else { return }
                try checked(fchmod(directory.file.number, record.permissions), at: directory.file.place)
                try directory.file.setAttributes(record.attributes, path: record.path, report: &report)
                try directory.file.setModified(record.modified)
            }
        }
    }
}

extension OpenFile {
    /// Sets extended attributes. Those that the file system or the user's rights do not allow are counted.
    func setAttributes(_ attributes: [ExtendedAttribute], path: [UInt8], report: inout UnpackReport) throws {
        for name in try setAttributes(attributes) { report.leftOutAttributes.add("\(shown(path: path)): \(name)") }
    }

    /// Sets the modification time; the access time becomes the same, which no archive says.
    func setModified(_ time: Timestamp) throws {
        let times = [time.timespec, time.timespec]
        try checked(futimens(number, times), at: place)
    }
}
