import Failure
import FileTree
import Glibc
import SystemPackage

/// Opens the directories that entries of an archive lie in, with the target as the root: a symlink on the way is
/// followed, as Docker and umoci do, but only as a chroot would follow it, and the kernel sees to that (openat2(2),
/// RESOLVE_IN_ROOT). Missing parents are made. The last directory stays open: most entries lie in it.
struct ParentDirectories {
    let root: Directory
    /// What to do when the name of a missing parent is taken by a whiteout.
    private let whiteouts: UnpackOptions.Whiteouts
    private var last: (path: [UInt8], directory: Directory)?
    /// Those that were made for what is in them.
    var implied: ImpliedDirectories

    /// The longest path given to the kernel in one call.
    private static let reach = 4000

    init(root: Directory, _ options: UnpackOptions) {
        self.root = root
        whiteouts = options.whiteouts
        implied = ImpliedDirectories(limit: options.limits.implied)
    }

    /// The directory at `path`.
    mutating func open(_ path: ArraySlice<UInt8>) throws -> Directory {
        if path.isEmpty { return root }
        if let last, last.path.elementsEqual(path) { return last.directory }
        let directory: Directory
        do {
            directory = try resolve(path)
        } catch let error where error.isSystemError(.noSuchFileOrDirectory, .notDirectory) {
            directory = try make(path)
        }
        last = (Array(path), directory)
        return directory
    }

    /// The directory at `path` without making any; for the target of a hard link.
    mutating func existing(_ path: ArraySlice<UInt8>) throws -> Directory {
        if path.isEmpty { return root }
        if let last, last.path.elementsEqual(path) { return last.directory }
        return try resolve(path)
    }

    /// The directory that was made at `path`; `nil` if a later entry has removed or replaced it.
    mutating func existing(_ path: ArraySlice<UInt8>, _ inode: ino_t) throws -> Directory? {
        do {
            let directory = try existing(path)
            return try directory.file.status().inode == inode ? directory : nil
        } catch let error where error.systemError?.saysNoDirectory == true {
            return nil
        }
    }

    /// Notes that `directory` was opened at `path`, which the next entries will probably lie in.
    mutating func remember(_ directory: Directory, at path: [UInt8]) {
        last = (path, directory)
    }

    /// Something was removed or replaced: what is open may be it.
    mutating func forget() {
        last = nil
    }

    private func resolve(_ path: ArraySlice<UInt8>) throws -> Directory {
        if path.count <= Self.reach {
            return Directory(try root.openInRoot(FilePath(bytes: path), O_RDONLY | O_DIRECTORY))
        }
        // Longer than a system call takes: in pieces, of which the later ones must not meet a symlink, since its
        // target could not be taken relative to the root.
        var directory = root
        var rest = path
        while !rest.isEmpty {
            let end =
                rest.count <= Self.reach
                ? rest.endIndex : rest.prefix(Self.reach).lastIndex(of: slash) ?? rest.endIndex
            let piece = FilePath(bytes: rest[..<end])
            directory =
                try rest.startIndex == path.startIndex
                ? Directory(root.openInRoot(piece, O_RDONLY | O_DIRECTORY)) : directory.directory(piece)
            rest = rest[end...].drop { $0 == slash }
        }
        return directory
    }

    /// Makes the missing directories of `path`, mode 0755.
    private mutating func make(_ path: ArraySlice<UInt8>) throws -> Directory {
        var directory = root
        var start = path.startIndex
        while start < path.endIndex {
            let end = path[start...].firstIndex(of: slash) ?? path.endIndex
            do {
                directory = try resolve(path[..<end])
            } catch let error where error.isSystemError(.noSuchFileOrDirectory, .notDirectory) {
                let name = FileName(path[start..<end])
                directory = try attempt("couldn't make its parent directory \(shown(path: path[..<end]))") {
                    try makeOne(path[..<end], name, in: directory)
                }
            }
            start = min(path.endIndex, end + 1)
        }
        return directory
    }

    private mutating func makeOne(_ path: ArraySlice<UInt8>, _ name: FileName, in parent: Directory) throws -> Directory
    {
        let replaced = try parent.removeWhiteout(name)
        _ = try name.withCString { try checked(mkdirat(parent.file.number, $0, 0o755)) }
        let directory = try parent.directory(name)
        if whiteouts == .overlay { try implied.add(directory, at: path, hides: replaced) }
        if replaced, whiteouts == .overlay { try directory.markOpaque() }
        return directory
    }
}

extension Directory {
    /// Removes `name` if it is a whiteout; returns whether it was.
    func removeWhiteout(_ name: FileName) throws -> Bool {
        guard let status = try status(name), status.isWhiteout else { return false }
        _ = try name.withCString { try checked(unlinkat(file.number, $0, 0)) }
        return true
    }

    /// Has overlayfs look for whiteouts in this directory wherever it lies. See ``OverlayAttribute/origin``.
    func markWhiteouts() throws {
        try attempt("couldn't mark it as having whiteouts", help: Self.attributesHelp) {
            try file.setAttribute(OverlayAttribute.origin)
        }
    }

    private static let attributesHelp = "the file system must have user.* extended attributes"

    /// Has each directory in this one hide the lower ones: of a root, overlayfs doesn't take it.
    func markDirectoriesOpaque() throws {
        for name in try fileNames() where try status(name)?.kind == .directory { try directory(name).markOpaque() }
    }

    /// Makes this directory hide the lower ones, as overlayfs mounted with `userxattr` reads it.
    func markOpaque() throws {
        try attempt("couldn't make it opaque", help: Self.attributesHelp) {
            try file.setAttribute(OverlayAttribute.opaque)
        }
    }
}
