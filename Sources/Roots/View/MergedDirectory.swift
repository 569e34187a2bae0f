import FileTree
import Layers
import SystemPackage

/// A directory as the merged view shows it: the directories of those layers that take part, top first.
package struct MergedDirectory: Sendable {
    package let parts: [Directory]

    /// The layer directory that gives owner, mode, times and extended attributes.
    package var top: Directory { parts[0] }

    /// What `name` is in here; `nil` if nothing, or hidden by a whiteout.
    package func child(_ name: FilePath) throws -> MergedView.Node? {
        var found: [Directory] = []
        for part in parts {
            guard let status = try part.status(name) else { continue }
            if status.kind == .directory {
                let directory = try part.directory(name)
                found.append(directory)
                if try directory.isOpaque { break }
            } else if found.isEmpty && !status.isWhiteout {
                return .file(in: part, name: name, status: status)
            } else {
                // A whiteout, or a file below a directory: nothing from here on down is seen.
                break
            }
        }
        return found.isEmpty ? nil : .directory(MergedDirectory(parts: found))
    }
}

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
