import FileTree
import Layers
import SystemPackage

/// The directory of one layer as a tree that can be encoded, which knows what it lies upon.
package struct UpperDirectory: TreeNode {
    /// The layer's own directory.
    package let directory: Directory
    /// The root of the layer and those of the layers below, as one.
    private let merged: MergedDirectory
    /// Where this directory is, from the root.
    private let path: [FileName]

    /// Its overlay attribute says it.
    package var isOpaque: Bool? { nil }

    /// - Parameters:
    ///   - layer: the layer's root directory.
    ///   - lowerdirs: what is below, top first.
    package init(_ layer: Directory, over lowerdirs: [FilePath]) throws {
        self.init(layer, MergedDirectory(parts: [layer] + (try lowerdirs.map { try Directory(at: $0) })), [])
    }

    private init(_ directory: Directory, _ merged: MergedDirectory, _ path: [FileName]) {
        self.directory = directory
        self.merged = merged
        self.path = path
    }

    /// What the layer has, whiteouts among it.
    package func children() throws -> [TreeChild] { try DirectoryNode(directory).children() }

    /// The layer's directory of this name.
    package func node(_ name: FileName) throws -> any TreeNode {
        UpperDirectory(try directory.directory(name), merged, path + [name])
    }

    /// Whether the layers below show something of this name here.
    package func hidesLower(_ name: FileName) throws -> Bool { try lower(name) != nil }

    /// Whether the layers below show a directory of this name here. Overlayfs marks one opaque that was made in the place
    /// of anything: over a file that says nothing, and a reader who takes the mark first might follow a symlink.
    package func liesOnDirectory(_ name: FileName) throws -> Bool {
        guard case .directory? = try lower(name) else { return false }
        return true
    }

    private func lower(_ name: FileName) throws -> MergedView.Node? {
        var here = merged
        for step in path {
            guard case .directory(let next)? = try here.child(step) else { return nil }
            here = next
        }
        return try OverlayLookup(name, in: here.parts.dropFirst()).node
    }
}
