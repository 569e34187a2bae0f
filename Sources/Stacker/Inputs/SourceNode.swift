import CSyscalls
import Failure
import FileTree
import Glibc
import Layers
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
        var status = stat()
        try path.withPlatformString { path in
            _ = try checked(following ? stat(path, &status) : lstat(path, &status))
        }
        let found = FileStatus(status)
        guard found.kind != .directory, let name = path.lastComponent else {
            self = .directory(DirectoryNode(Directory(try OpenFile(path, O_RDONLY | O_DIRECTORY))))
            return
        }
        let parent = Directory(try OpenFile(path.removingLastComponent(), O_RDONLY | O_DIRECTORY))
        self = .file(in: parent, name: FileName(FilePath(root: nil, [name])), status: found)
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
            self = .file(in: parent, name: FileName(name), status: status)
        case nil: throw Errno.noSuchFileOrDirectory
        }
    }

    /// A child of a directory.
    init(_ child: TreeChild, of directory: any TreeNode) throws {
        let status = try child.holder.status(child.name)
        self =
            status.kind == .directory
            ? .directory(try directory.node(child.name)) : .file(in: child.holder, name: child.name, status: status)
    }

    var isDirectory: Bool {
        if case .directory = self { return true }
        return false
    }
}

// Names of a walk go to system calls as the bytes that they came as: no path is put together for each file.
extension Directory {
    /// lstat(2) of a name in this directory.
    ///
    /// - Throws: `Errno`.
    func status(_ name: FileName) throws -> FileStatus {
        var status = stat()
        _ = try name.withCString { try checked(fstatat(file.number, $0, &status, AT_SYMLINK_NOFOLLOW)) }
        return FileStatus(status)
    }

    /// Opens a name in this directory, never following a symlink.
    ///
    /// - Throws: `Errno`.
    func open(_ name: FileName, _ flags: Int32, mode: mode_t = 0) throws -> OpenFile {
        OpenFile(
            owning: try name.withCString {
                try checked(stacker_openat(file.number, $0, flags | O_NOFOLLOW | O_CLOEXEC, mode))
            })
    }

    /// Where the symlink `name` points.
    ///
    /// - Throws: `Errno`.
    func symlinkTarget(_ name: FileName) throws -> FileName {
        try withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PATH_MAX) + 1) { buffer in
            guard let base = buffer.baseAddress else { throw Errno.noMemory }
            let length = try name.withCString { try checked(readlinkat(file.number, $0, base, Int(PATH_MAX))) }
            base[length] = 0
            return FileName(base)
        }
    }
}

extension FileName {
    /// The bytes of a path.
    init(_ path: FilePath) {
        self = path.withPlatformString { FileName($0) }
    }

    /// The name as a path.
    var path: FilePath { withCString { FilePath(platformString: $0) } }
}

extension [FileName] {
    /// The names as one path, for messages.
    var path: FilePath { reduce(into: FilePath("")) { $0.append($1.path.components) } }
}
