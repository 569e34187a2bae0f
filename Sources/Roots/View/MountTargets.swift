import Failure
import FileTree
import Glibc
import SystemPackage

/// The places in a rootfs on which something is mounted for a run: `/proc`, `/stacker/imports`, binds.
///
/// A rootfs need not have them. If the mount made them, they would land in the upperdir and so in the image, where
/// nobody could tell them from what the script made. They stand in a layer of their own instead: a lowerdir on top of the
/// others, thrown away after the run, that holds just what was missing, and of a ``MountedStack`` what lies over its layers,
/// so that it takes no place of its own. Directories on the way that do exist are there
/// too, with the same owner, mode, times and attributes, so that a copy-up of them is what it would have been.
package struct MountTargets: Sendable {
    /// Where the layer is; one without content is needed too, since liblxc wants at least one lowerdir.
    package let directory: FilePath
    /// Where each requested target really is: symlinks in the rootfs followed.
    package private(set) var resolved: [FilePath] = []
    /// What was missing and is provided.
    private(set) var provided: [FilePath] = []

    /// A place to mount on.
    package struct Target: Sendable {
        /// The path in the rootfs, relative to its root.
        package var path: FilePath
        var isDirectory: Bool

        /// Names a place.
        package init(path: FilePath, isDirectory: Bool) {
            self.path = path
            self.isDirectory = isDirectory
        }
    }

    /// Finds each target in `view`, and makes in a new directory at `directory` what is missing, besides what has to lie
    /// over the layers of `stack`.
    package init(
        _ targets: [Target], in view: MergedView, over stack: MountedStack? = nil, at directory: FilePath
    ) throws {
        self.directory = directory
        let layer = try Directory(creating: directory, isPlain: true)
        try attempt("couldn't prepare the directories that layers only imply") {
            try stack?.makeRestored(in: layer, as: view)
        }
        for target in targets {
            try attempt("couldn't prepare /\(target.path) to be mounted on") {
                try add(target, layer, view)
            }
        }
    }

    private mutating func add(_ target: Target, _ layer: Directory, _ view: MergedView) throws {
        let place = try view.resolve(target.path)
        resolved.append(place.path)
        switch place.node {
        case .directory:
            guard target.isDirectory else {
                throw Failure("it is a directory in the image, and what is to be mounted there is not")
            }
        case .file:
            guard !target.isDirectory else {
                throw Failure("it is not a directory in the image, and what is to be mounted there is")
            }
        case nil:
            try provide(place, target, layer)
        }
    }

    private mutating func provide(_ place: ResolvedPath, _ target: Target, _ layer: Directory) throws {
        var here = layer
        var path = FilePath("")
        var existing = [(here, like: place.root.top)]
        for (depth, step) in place.steps.enumerated() {
            path.append(step.name)
            let name = FilePath(root: nil, [step.name])
            if step.node == nil, try here.status(name) == nil { provided.append(path) }
            if depth == place.steps.count - 1 && !target.isDirectory {
                try here.openNoSymlinks(name, O_WRONLY | O_CREAT, mode: 0o644).becomePlain(mode: 0o644)
            } else {
                here = try here.makePlainDirectory(name, exclusive: false)
                if case .directory(let original)? = step.node { existing.append((here, like: original.top)) }
            }
        }
        // Deepest first: making an entry changes the times of the directory around it.
        for (directory, original) in existing.reversed() { try directory.takeMetadata(of: original) }
    }

    /// Removes from an upperdir the whiteouts of what only this layer provided: below them, the image has nothing.
    package func removeWhiteouts(from upperdir: Directory) throws {
        for path in provided {
            guard let name = path.lastComponent.map({ FilePath(root: nil, [$0]) }) else { continue }
            do {
                let parent = try upperdir.directory(path.components.count > 1 ? path.removingLastComponent() : ".")
                if try parent.status(name)?.isWhiteout == true { try parent.remove(name) }
            } catch let error where error.systemError?.saysNoDirectory == true {}
        }
    }
}
