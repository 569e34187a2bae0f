import FileTree
import Layers
import SystemPackage

/// A directory as the merged view shows it, as a tree that can be walked: hashed, copied, encoded.
package struct MergedDirectory: TreeNode, Sendable {
    /// The directories of those layers that take part, top first.
    package let parts: [Directory]

    /// The layer directory that gives owner, mode, times and extended attributes.
    package var top: Directory { parts[0] }

    /// The same for a walk.
    package var directory: Directory { top }

    /// There is nothing below a merged view that it could hide.
    package var isOpaque: Bool? { false }

    /// What `name` is in here; `nil` if nothing, or hidden by a whiteout.
    package func child(_ name: FileName) throws -> MergedView.Node? { try OverlayLookup(name, in: parts).node }

    /// The names that are seen here, each with the topmost layer directory that has it.
    package func children() throws -> [TreeChild] { try parts.topmostChildren().filter { try !$0.isWhiteout } }

    /// The directory of that name, of all layers that have it.
    package func node(_ name: FileName) throws -> any TreeNode {
        guard case .directory(let directory)? = try child(name) else { throw Errno.notDirectory }
        return directory
    }
}
