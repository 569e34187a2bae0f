import Failure
import FileTree
import SystemPackage

/// What overlayfs would show of a stack of layer directories, read without mounting anything.
///
/// Each name is looked for by the rules of ``OverlayLookup``. Of directories that merge, the topmost one gives owner, mode
/// and times.
package struct MergedView: Sendable {
    /// The top directories of the layers, top layer first.
    package let layers: [Directory]

    /// Reads the layers at these paths, top first.
    package init(_ paths: [FilePath]) throws {
        layers = try paths.map { try Directory(at: $0) }
    }

    /// A view of layers that are open, top first.
    package init(layers: [Directory]) {
        self.layers = layers
    }

    /// The merged root directory.
    package var root: MergedDirectory { MergedDirectory(parts: layers) }

    /// What a name stands for in the merged view.
    package enum Node: Sendable {
        case directory(MergedDirectory)
        /// Anything but a directory: `name` in the one directory that provides it.
        case file(in: Directory, name: FileName, status: FileStatus)
    }

    /// Follows `path` from the root as a process inside would: absolute symlinks and `..` stay within the root.
    /// What is missing at the end is taken as written.
    ///
    /// - Parameter following: whether a symlink at the very end is followed.
    /// - Throws: a failure if more than 40 symlinks are met, or something on the way is no directory.
    package func resolve(_ path: FilePath, following: Bool = true) throws -> ResolvedPath {
        var pending = Array(path.components.reversed())
        var place = ResolvedPath(root: root)
        var symlinks = 0
        while let component = pending.popLast() {
            guard component.kind == .regular else {
                if component.kind == .parentDirectory { place.steps = place.steps.dropLast() }
                continue
            }
            var child: Node?
            switch place.node {
            case .directory(let directory): child = try directory.child(FileName(component))
            case .file:
                throw Failure(
                    "/\(place.path) is not a directory, so /\(path) can't be reached", because: Errno.notDirectory)
            case nil: break
            }
            guard case .file(let parent, let name, let status)? = child, status.kind == .symlink,
                following || !pending.isEmpty
            else {
                place.steps.append((component, child))
                continue
            }
            symlinks += 1
            guard symlinks <= 40 else {
                throw Failure("couldn't follow /\(path)", because: Errno.tooManySymbolicLinkLevels)
            }
            let target = FilePath(bytes: try parent.symlinkTarget(name))
            if target.isAbsolute { place.steps = [] }
            pending += target.components.reversed()
        }
        return place
    }
}

/// The outcome of following a path in the merged view: a path without symlinks, and what stands at each step of it.
package struct ResolvedPath: Sendable {
    let root: MergedDirectory
    /// From the root down; from the first step on at which nothing is, nothing is at the later ones either.
    package fileprivate(set) var steps: [(name: FilePath.Component, node: MergedView.Node?)] = []

    fileprivate init(root: MergedDirectory) {
        self.root = root
    }

    /// The path, relative to the root.
    package var path: FilePath { FilePath(root: nil, steps.map(\.name)) }

    /// What is at the path; `nil` if nothing is.
    package var node: MergedView.Node? { steps.isEmpty ? .directory(root) : steps[steps.count - 1].node }
}
