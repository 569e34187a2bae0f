import FileTree
import Layers
import SystemPackage

/// A stack as it is given to overlayfs: it takes few directories, so that of those that lie over single layers' own to say
/// what others say already there is one for all, on top.
package struct MountedStack {
    /// What is mounted below that one, top first.
    package let lowerdirs: [FilePath]
    private let restored: [Directory]

    /// - Parameter stack: the directories, top first.
    package init(_ stack: [FilePath]) throws {
        var (lowerdirs, restored): ([FilePath], [Directory]) = ([], [])
        for path in stack {
            let directory = try Directory(at: path)
            if Restored.has(path) {
                restored.append(directory)
                continue
            }
            lowerdirs.append(path)
            // For overlayfs all roots merge: what this one hides stays away.
            if try directory.isOpaque { break }
        }
        (self.lowerdirs, self.restored) = (lowerdirs, restored)
    }

    /// Makes the directories that lie over others' as the stack shows them.
    ///
    /// - Parameters:
    ///   - place: what is going to lie on top.
    ///   - view: what all of the stack shows.
    package func makeRestored(in place: Directory, as view: MergedView) throws {
        if restored.isEmpty { return }
        var walk = try DepthFirstWalk(RestoredNode(shown: view.root, restored: restored))
        var made = [place]
        while let step = try walk.next() {
            switch step {
            case .child(let child, let parent):
                let node = try parent.node(child.name)
                made.append(try made[made.count - 1].makePlainDirectory(child.name.path))
                try walk.enter(node)
            case .left(let node):
                // Making an entry changes the times of the directory around it.
                try made.removeLast().takeMetadata(of: node.directory)
            }
        }
    }
}

/// A directory that some layer only implies, or that leads to one.
private struct RestoredNode: TreeNode {
    /// What all of the stack shows here.
    let shown: MergedDirectory
    /// The directories that lie over layers' own, here.
    let restored: [Directory]

    var directory: Directory { shown.top }
    var isOpaque: Bool? { false }

    /// Only what is seen, and a directory: the others are hidden by higher layers.
    func children() throws -> [TreeChild] {
        try restored.topmostChildren().filter { child in
            guard try child.status().kind == .directory, case .directory? = try shown.child(child.name) else {
                return false
            }
            return true
        }
    }

    func node(_ name: FileName) throws -> any TreeNode {
        guard case .directory(let directory)? = try shown.child(name) else { throw Errno.notDirectory }
        let below = try restored.filter { try $0.status(name)?.kind == .directory }.map { try $0.directory(name) }
        return RestoredNode(shown: directory, restored: below)
    }
}
