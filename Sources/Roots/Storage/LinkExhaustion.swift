import FileTree
import SystemPackage

/// Whether what a script changed met the limit of names that its file system has.
package enum LinkExhaustion {
    /// How deep a tree is looked into: a directory within another is held open, and what a script makes has no bounds.
    static let deepest = 200

    /// What to do about it; `nil` if it was not met in `upperdir`.
    ///
    /// A script's own error says no more than "Too many links", on btrfs without extended inode refs even of a file that
    /// it wanted to delete: all whiteouts of an overlay are names of one inode there. Elsewhere overlayfs begins another
    /// inode when one has all the names that it can have.
    package static func remedy(in upperdir: FilePath) -> String? {
        guard let directory = try? Directory(at: upperdir), let fileSystem = try? FileSystem(of: directory.file)
        else { return nil }
        if fileSystem.runsOutOfLinks, let btrfs = fileSystem.btrfs {
            guard (try? isExhausted(directory, nodeSize: Int(btrfs.nodeSize), deepest)) == true else { return nil }
            return
                "\(upperdir) is on \(fileSystem), which has no room for more names of one file in a directory, and a "
                + "deleted file leaves such a name: \(fileSystem.linkRemedy)"
        }
        guard let most = fileSystem.mostLinks, let full = try? fullFile(directory, "", most, deepest) else {
            return nil
        }
        return "\(full) has \(most) names, as many as a file can have on \(fileSystem.name), which \(upperdir) is on: "
            + "have the script make fewer, or \(fileSystem.linkRemedy)"
    }

    /// The path of a file with `most` names, whiteouts apart; `nil` if there is none in `depth` levels of directories.
    static func fullFile(
        _ directory: Directory, _ path: FilePath, _ most: UInt64, _ depth: Int
    ) throws -> FilePath? {
        guard depth > 0 else { return nil }
        for name in try directory.names() {
            guard let status = try directory.status(name) else { continue }
            let path = path.pushing(name)
            if status.kind == .directory {
                if let found = try fullFile(directory.directory(name), path, most, depth - 1) { return found }
            } else if status.links >= most, !status.isWhiteout {
                return FilePath("/").pushing(path)
            }
        }
        return nil
    }

    /// Whether in a directory of the tree, looked into for `depth` levels, some inode has no room for one more name of any
    /// length in a node of btrfs.
    static func isExhausted(_ directory: Directory, nodeSize: Int, _ depth: Int) throws -> Bool {
        guard depth > 0 else { return false }
        // A node's header and the one item in it; and what each name takes beside its own bytes.
        let room = nodeSize - 101 - 25
        let overhead = 10
        var used: [UInt64: Int] = [:]
        for name in try directory.names() {
            guard let status = try directory.status(name) else { continue }
            if status.kind == .directory {
                if try isExhausted(directory.directory(name), nodeSize: nodeSize, depth - 1) { return true }
            } else if status.links > 1 {
                used[UInt64(status.inode), default: 0] += overhead + name.withPlatformString { $0.length }
            }
        }
        return used.values.contains { $0 + overhead + 255 > room }
    }
}

extension UnsafePointer where Pointee == CChar {
    fileprivate var length: Int {
        var end = self
        while end.pointee != 0 { end += 1 }
        return end - self
    }
}
