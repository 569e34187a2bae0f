import FileTree
import SystemPackage

/// What one directory of a stack says of a path, by itself.
struct PathFinding: Sendable {
    /// What hides what is below, in lower directories.
    enum Reason: String, Sendable, Encodable {
        case file
        case whiteout
        case opaqueDirectory = "opaque directory"
        /// A directory above, with which only directories merge.
        case directory
    }

    /// The file or directory at the path; a whiteout is none.
    private(set) var status: FileStatus?
    /// The symlink's target, if it is one.
    private(set) var target: String?
    /// Why the directories below do not count for the path, and at which place on the way.
    private(set) var cut: (reason: Reason, path: FilePath)?

    /// Looks for a path, following no symlink.
    ///
    /// - Throws: `Errno`.
    init(_ path: FilePath, in root: Directory) throws {
        var directory = root
        var way: FilePath = "/"
        let components = path.components.map { FilePath(root: nil, [$0]) }
        if components.isEmpty { status = try root.status(".") }
        for (depth, name) in components.enumerated() {
            way.append(name.components)
            guard let found = try directory.status(name) else { return }
            let isLast = depth == components.count - 1
            if found.isWhiteout {
                cut = cut ?? (.whiteout, way)
                return
            }
            if isLast { status = found }
            guard found.kind == .directory else {
                cut = cut ?? (.file, way)
                if isLast, found.kind == .symlink { target = try directory.symlinkTarget(name).string }
                return
            }
            directory = try directory.directory(name)
            if try directory.isOpaque { cut = cut ?? (.opaqueDirectory, way) }
        }
    }
}
