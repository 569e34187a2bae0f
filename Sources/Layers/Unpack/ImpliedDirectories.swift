import Failure
import FileTree
import Glibc

/// Directories that an archive has no entry for, so far, and that were made for what is in them. They say nothing of
/// owner, mode, times and attributes: what a lower layer says of them holds.
struct ImpliedDirectories {
    private struct Record {
        var path: [UInt8]
        /// Whether a whiteout of its name hides what lower layers have there.
        var hides: Bool
    }

    /// By inode: paths may lead through symlinks of the archive.
    private var records: [ino_t: Record] = [:]
    private var size = 0
    private let limit: Int

    /// - Parameter limit: bytes of paths in all, beyond which an archive is refused.
    init(limit: Int) {
        self.limit = limit
    }

    /// Notes a directory that was made at `path`.
    ///
    /// - Parameter hides: whether a whiteout of its name was there.
    mutating func add(_ directory: Directory, at path: ArraySlice<UInt8>, hides: Bool) throws {
        size += path.count
        if size > limit {
            throw Failure("the names of directories that it has no entries for are larger than \(limit) bytes")
        }
        records[try directory.file.status().inode] = Record(path: Array(path), hides: hides)
    }

    /// Takes that an entry says what the directory is, after all.
    mutating func remove(_ inode: ino_t) {
        if !records.isEmpty { records[inode] = nil }
    }

    /// Takes that there is a whiteout of the directory's name.
    mutating func hide(_ inode: ino_t) { records[inode]?.hides = true }

    /// Reports the directories of which lower layers have the say. To be called after the last entry.
    ///
    /// One that was hidden by its name has only what the archive has in it; if that is nothing but whiteouts, it is not
    /// there at all.
    func settle(_ parents: inout ParentDirectories, report: inout UnpackReport) throws {
        // Children before their parents.
        for (inode, record) in records.sorted(by: { $1.value.path.lexicographicallyPrecedes($0.value.path) }) {
            let directory = try attempt("couldn't open \(shown(path: record.path))") {
                try parents.existing(record.path[...], inode)
            }
            guard let directory else { continue }
            if !record.hides {
                report.overOthers.implied.append(record.path)
            } else if try directory.holdsOnlyWhiteouts {
                try attempt("couldn't hide \(shown(path: record.path))") { try parents.hide(record.path) }
            }
        }
    }
}

extension ParentDirectories {
    /// Puts a whiteout in the place of a directory.
    fileprivate mutating func hide(_ path: [UInt8]) throws {
        let start = path.lastIndex(of: slash).map { $0 + 1 } ?? 0
        let parent = try existing(path[..<max(0, start - 1)])
        let name = FileName(path[start...])
        forget()
        try parent.removeTree(name.path)
        _ = try name.withCString { try checked(mknodat(parent.file.number, $0, S_IFCHR, 0)) }
        try parent.markWhiteouts()
    }
}

extension Directory {
    fileprivate var holdsOnlyWhiteouts: Bool {
        get throws { try fileNames().allSatisfy { try status($0)?.isWhiteout == true } }
    }
}
