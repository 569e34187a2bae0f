import FileTree
import SystemPackage

/// One directory of a tree that is to be encoded. The tree may lie in one directory on disk or be put together from
/// several: a node says which names it has, and in which real directory each of them lies.
package protocol TreeNode {
    /// The real directory whose metadata and extended attributes this one has.
    var directory: Directory { get }
    /// Whether it hides what lower layers have here; `nil`: its overlay attribute says so.
    var isOpaque: Bool? { get }
    /// The names in it, sorted by their bytes.
    ///
    /// - Throws: `Errno`.
    func children() throws -> [TreeChild]
    /// The child of this name as a directory. It is only called for children that are one.
    ///
    /// - Throws: `Errno`.
    func node(_ name: FileName) throws -> any TreeNode
    /// Whether lower layers have a file of this name here, which shows if the layer does not have one.
    ///
    /// - Throws: `Errno`.
    func hidesLower(_ name: FileName) throws -> Bool
    /// Whether lower layers show a directory of this name here, with which the child of the name would merge.
    ///
    /// - Throws: `Errno`.
    func liesOnDirectory(_ name: FileName) throws -> Bool
}

extension TreeNode {
    /// A tree of which nothing is known to be below hides nothing.
    package func hidesLower(_ name: FileName) throws -> Bool { false }

    /// Where it isn't known, there may be one.
    package func liesOnDirectory(_ name: FileName) throws -> Bool { true }
}

/// A name in a ``TreeNode``.
package struct TreeChild: Sendable {
    /// The name, here and in ``holder``.
    package var name: FileName
    /// The real directory that it lies in.
    package var holder: Directory

    /// Makes a child of its parts.
    package init(name: FileName, holder: Directory) {
        self.name = name
        self.holder = holder
    }

    /// lstat(2) of the child.
    ///
    /// - Throws: `Errno`.
    package func status() throws -> FileStatus {
        guard let status = try holder.status(name) else { throw Errno.noSuchFileOrDirectory }
        return status
    }
}

/// A directory on disk as it is.
package struct DirectoryNode: TreeNode {
    /// Where it is.
    package let directory: Directory
    /// Its overlay attribute says it.
    package var isOpaque: Bool? { nil }

    /// The tree that starts at `directory`.
    package init(_ directory: Directory) {
        self.directory = directory
    }

    /// All names in it.
    package func children() throws -> [TreeChild] {
        try directory.fileNames().map { TreeChild(name: $0, holder: directory) }
    }

    /// Opens the subdirectory; a symlink that took its place is refused.
    package func node(_ name: FileName) throws -> any TreeNode {
        DirectoryNode(try directory.directory(name))
    }
}
