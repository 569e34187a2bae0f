import FileTree
import Roots
import SystemPackage

/// What one directory of a stack has at a path, by itself.
struct PathFinding: Sendable {
    /// What is at the path; `nil` if nothing is.
    private(set) var entry: OverlayEntry?
    /// Why the directories below do not count for the path, and at which place on the way.
    private(set) var end: (reason: OverlayEntry.Reason, path: FilePath)?

    /// Looks for a path, following no symlink.
    ///
    /// - Throws: `Errno`.
    init(_ path: FilePath, in root: Directory) throws {
        var way: FilePath = "/"
        // For overlayfs, all roots merge.
        var here = OverlayEntry.directory(root, isOpaque: false)
        for name in path.components {
            guard case .directory(let directory, _) = here,
                let next = try OverlayEntry(FileName(name), in: directory)
            else { return }
            way.append(name)
            if end == nil, let reason = next.end { end = (reason, way) }
            here = next
        }
        entry = here
    }
}
