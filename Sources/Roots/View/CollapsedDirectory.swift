import FileTree
import Layers
import SystemPackage

/// A directory of several layers that lie upon each other, as one layer that says the same: what one of them has and a
/// higher one hides is not in it.
///
/// A whiteout is in it where it hides something of the layers below, and a directory is opaque where it does. Files are
/// read where they are: nothing is copied.
package struct CollapsedDirectory: TreeNode {
    /// What the layers show of it by themselves.
    private let layers: MergedDirectory
    /// What shows through from the layers below; `nil` if nothing does.
    private let below: MergedDirectory?
    /// Whether it hides something of the layers below.
    package let isOpaque: Bool?

    /// The root of the layer. A root is never opaque: for overlayfs, all roots merge.
    ///
    /// - Parameters:
    ///   - layers: the directories that become one, top first; there is at least one.
    ///   - lowerdirs: what is below them, top first.
    package init(_ layers: [Directory], over lowerdirs: [Directory]) {
        self.layers = MergedDirectory(parts: layers)
        below = lowerdirs.isEmpty ? nil : MergedDirectory(parts: lowerdirs)
        isOpaque = false
    }

    /// - Parameter hides: whether nothing of the layers below shows through.
    private init(_ layers: MergedDirectory, over below: MergedDirectory?, hides: Bool) throws {
        self.layers = layers
        self.below = hides ? nil : below
        isOpaque = try hides && below.map { try !$0.children().isEmpty } ?? false
    }

    /// The topmost one gives owner, mode, times and attributes.
    package var directory: Directory { layers.top }

    /// What the layers show here, and the whiteouts that hide something below.
    package func children() throws -> [TreeChild] {
        try layers.parts.topmostChildren().filter { try !$0.isWhiteout || hidesLower($0.name) }
    }

    /// Whether the layers below have something of this name.
    package func hidesLower(_ name: FileName) throws -> Bool { try below?.child(name) != nil }

    /// The directory of this name, of all layers that have a part in it.
    package func node(_ name: FileName) throws -> any TreeNode {
        let lookup = try OverlayLookup(name, in: layers.parts)
        guard case .directory(let directory)? = lookup.node else { throw Errno.notDirectory }
        var under: MergedDirectory?
        if case .directory(let lower)? = try below?.child(name) { under = lower }
        return try CollapsedDirectory(directory, over: under, hides: lookup.hasEnded)
    }
}
