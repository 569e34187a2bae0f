import Failure
import FileTree
import Glibc
import Layers
import Roots
import SystemPackage

/// Something that an import or an overlay dir takes: on this machine's disk, or in another layer as the merged view
/// shows it.
enum SourceNode {
    /// A directory, and through it all that is in it.
    case directory(any TreeNode)
    /// Anything else: `name` in the real directory that it lies in.
    case file(in: Directory, name: FileName, status: FileStatus)

    /// Finds the file at an absolute path on this machine. Symlinks on the way are followed; one at its end is what is
    /// meant, unless `following`.
    ///
    /// - Throws: `Errno`.
    init(at path: FilePath, following: Bool) throws {
        let found = try FileStatus(at: path, following: following)
        guard found.kind != .directory, let name = path.lastComponent else {
            self = .directory(DirectoryNode(Directory(try OpenFile(path, O_RDONLY | O_DIRECTORY))))
            return
        }
        let parent = Directory(try OpenFile(path.removingLastComponent(), O_RDONLY | O_DIRECTORY))
        self = .file(in: parent, name: FileName(name), status: found)
    }

    /// Finds `path` in a layer, whose root no symlink leaves.
    ///
    /// - Throws: `Errno.noSuchFileOrDirectory`, or a failure if the path can't be followed.
    init(at path: FilePath, in view: MergedView, following: Bool) throws {
        switch try view.resolve(path, following: following).node {
        // Without any layer there is not even a root.
        case .directory(let directory) where directory.parts.isEmpty: throw Errno.noSuchFileOrDirectory
        case .directory(let directory): self = .directory(directory)
        case .file(let parent, let name, let status):
            self = .file(in: parent, name: name, status: status)
        case nil: throw Errno.noSuchFileOrDirectory
        }
    }

    /// A child of a directory.
    init(_ child: TreeChild, of directory: any TreeNode) throws {
        let status = try child.status()
        self =
            status.kind == .directory
            ? .directory(try directory.node(child.name)) : .file(in: child.holder, name: child.name, status: status)
    }

    var isDirectory: Bool {
        if case .directory = self { return true }
        return false
    }
}
