import FileTree
import Layers
import SystemPackage

/// A merged directory as a tree that can be walked: hashed, copied, encoded.
extension MergedDirectory: TreeNode {
    package var directory: Directory { top }

    /// There is nothing below a merged view that it could hide.
    package var isOpaque: Bool? { false }

    /// The names that are seen here, each with the topmost layer directory that has it.
    package func children() throws -> [TreeChild] {
        guard parts.count > 1 else { return try parts.first.map(visibleChildren) ?? [] }
        var seen: Set<FileName> = []
        var children: [TreeChild] = []
        for part in parts {
            // A whiteout is seen too: it hides the name in the parts below.
            for child in try DirectoryNode(part).children() where seen.insert(child.name).inserted {
                if try !part.status(child.name).isWhiteout { children.append(child) }
            }
        }
        return children.sorted { $0.name < $1.name }
    }

    private func visibleChildren(of part: Directory) throws -> [TreeChild] {
        try DirectoryNode(part).children().filter { try !part.status($0.name).isWhiteout }
    }

    package func node(_ name: FileName) throws -> any TreeNode {
        guard case .directory(let directory)? = try child(name.path) else { throw Errno.notDirectory }
        return directory
    }
}
