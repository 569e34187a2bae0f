import FileTree
import Glibc
import SystemPackage

/// The copies of files that have several names: the further ones are given to the copy.
struct CopiedLinks {
    /// Of each file the first name of its copy, from the top of the copy down.
    private var copies: [FileIdentity: [FileName]] = [:]

    /// Where the copy of a file is; `nil` if there is none yet.
    func first(_ status: FileStatus) -> [FileName]? {
        status.links > 1 ? copies[status.identity] : nil
    }

    /// Remembers the copy of a file.
    mutating func note(_ status: FileStatus, at place: [FileName]) {
        if status.links > 1 { copies[status.identity] = place }
    }

    /// Gives a file of the copy another name.
    ///
    /// - Parameters:
    ///   - top: the top of the copy.
    ///   - parent: the directory of the new name, `place`.
    /// - Throws: `Errno`.
    static func link(_ first: [FileName], beneath top: Directory, to place: [FileName], in parent: Directory) throws {
        guard let name = first.last, let other = place.last else { return }
        var holder = parent
        if first.dropLast() != place.dropLast() {
            holder = top
            for step in first.dropLast() { holder = try holder.directory(step) }
        }
        _ = try name.withCString { name in
            try other.withCString { try checked(linkat(holder.file.number, name, parent.file.number, $0, 0)) }
        }
    }
}
