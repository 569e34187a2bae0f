import FileTree
import Layers
import SystemPackage

/// A directory of several layers that lie upon each other, as one layer that says the same: what one of them has and a
/// higher one hides is not in it.
///
/// A whiteout is in it where it hides something of the layers below, and a directory is opaque where it does. Files are
/// read where they are: nothing is copied.
package struct CollapsedDirectory: TreeNode {
    /// The directories that take part, top first.
    private let parts: [Directory]
    /// What shows through from the layers below; `nil` if nothing does.
    private let below: MergedDirectory?
    package let isOpaque: Bool?

    /// The root of the layer. A root is never opaque: for overlayfs, all roots merge.
    ///
    /// - Parameters:
    ///   - layers: the directories that become one, top first; there is at least one.
    ///   - lowerdirs: what is below them, top first.
    package init(_ layers: [Directory], over lowerdirs: [Directory]) {
        parts = layers
        below = lowerdirs.isEmpty ? nil : MergedView(layers: lowerdirs).root
        isOpaque = false
    }

    /// - Parameter hides: whether nothing of the layers below shows through.
    private init(_ parts: [Directory], over below: MergedDirectory?, hides: Bool) throws {
        self.parts = parts
        self.below = hides ? nil : below
        isOpaque = try hides && below.map { try !$0.children().isEmpty } ?? false
    }

    /// The topmost one gives owner, mode, times and attributes.
    package var directory: Directory { parts[0] }

    package func children() throws -> [TreeChild] {
        var seen: Set<FileName> = []
        var children: [TreeChild] = []
        for part in parts {
            // A whiteout is seen too: it hides the name in the parts below, whether it is needed in the end or not.
            for child in try DirectoryNode(part).children() where parts.count == 1 || seen.insert(child.name).inserted {
                if try part.status(child.name).isWhiteout, try below?.child(child.name.path) == nil { continue }
                children.append(child)
            }
        }
        return parts.count == 1 ? children : children.sorted { $0.name < $1.name }
    }

    package func hidesLower(_ name: FileName) throws -> Bool { try below?.child(name.path) != nil }

    package func node(_ name: FileName) throws -> any TreeNode {
        var found: [Directory] = []
        var hides = false
        for part in parts {
            guard let status = try part.status(name.path) else { continue }
            // A whiteout or a file: a directory above it was made anew.
            guard status.kind == .directory else {
                hides = true
                break
            }
            let directory = try part.directory(name.path)
            found.append(directory)
            hides = try directory.isOpaque
            if hides { break }
        }
        guard !found.isEmpty else { throw Errno.notDirectory }
        var under: MergedDirectory?
        if case .directory(let directory)? = try below?.child(name.path) { under = directory }
        return try CollapsedDirectory(found, over: under, hides: hides)
    }
}
