import Failure
import FileTree
import Glibc
import Layers
import SystemPackage

/// Copies files and trees with the permissions and modification times that they have, and with an owner that is given:
/// what is imported belongs to root, whoever owned it on this machine.
///
/// Symlinks are copied as symlinks. Extended attributes are not copied, and hard links come out as files of their own.
/// Device nodes, fifos and sockets are left out with a warning.
struct TreeCopy {
    /// What an import may say of the files that it brings.
    struct Overrides {
        /// Permissions of regular files; directories keep theirs.
        var permissions: mode_t?
        var uid: uid_t = 0
        var gid: gid_t = 0
    }

    let overrides: Overrides
    /// Told a sentence about each file that is left out.
    let warn: (String) -> Void
    /// The names from the top down to where the copy is: after a failure, to what it is about.
    private var place: [FileName] = []

    init(_ overrides: Overrides = Overrides(), warn: @escaping (String) -> Void) {
        self.overrides = overrides
        self.warn = warn
    }

    /// Copies `source` to `name` in `target`. A file in the way is replaced; a directory takes the new files in.
    mutating func copy(_ source: SourceNode, as name: FileName, in target: Directory) throws {
        try telling { copy in try copy.step(source, as: name, in: target) }
    }

    /// Copies what is in a directory into `target`, whose own owner, mode and times stay.
    mutating func copyContents(of directory: any TreeNode, into target: Directory) throws {
        try telling { copy in try copy.contents(of: directory, into: target) }
    }

    /// Runs `body`; a failure names the file that it is about.
    private mutating func telling(_ body: (inout TreeCopy) throws -> Void) throws {
        place = []
        do {
            try body(&self)
        } catch {
            throw place.isEmpty ? error : Failure("couldn't copy \(place.path)", because: error)
        }
    }

    private mutating func contents(of directory: any TreeNode, into target: Directory) throws {
        for child in try directory.children() {
            place.append(child.name)
            try step(SourceNode(child, of: directory), as: child.name, in: target)
            place.removeLast()
        }
    }

    private mutating func step(_ source: SourceNode, as name: FileName, in target: Directory) throws {
        try StopSignal.check()
        switch source {
        case .directory(let directory):
            let copy = try makeDirectory(name, in: target)
            try contents(of: directory, into: copy)
            // Last: files could not be made in it, and its times would not stay.
            try copy.file.take(directory.directory.file.status(), overrides, permissions: nil)
        case .file(let parent, let original, let status):
            switch status.kind {
            case .regular: try copyRegular(original, in: parent, as: name, in: target)
            case .symlink: try copySymlink(original, status, in: parent, as: name, in: target)
            default:
                warn("left out \(place.isEmpty ? name.path : place.path): neither a file, a directory nor a symlink")
            }
        }
    }

    private func makeDirectory(_ name: FileName, in target: Directory) throws -> Directory {
        let existing = try target.status(name.path)
        if existing?.kind != .directory {
            if existing != nil { try target.remove(name.path) }
            try target.makeDirectory(name.path, mode: 0o700)
        }
        return Directory(try target.open(name, O_RDONLY | O_DIRECTORY))
    }

    private func copyRegular(
        _ original: FileName, in parent: Directory, as name: FileName, in target: Directory
    ) throws {
        // Another file may have taken the name since: a fifo must not block.
        let source = try parent.open(original, O_RDONLY | O_NONBLOCK)
        let status = try source.status()
        guard status.kind == .regular else { throw Failure("it was replaced while it was copied") }
        let copy = try makeRoom(for: name, in: target) { try target.open(name, O_RDWR | O_CREAT | O_EXCL, mode: 0o600) }
        try copy.copyContent(of: source, checkpoint: StopSignal.check)
        try copy.take(status, overrides, permissions: overrides.permissions)
    }

    private func copySymlink(
        _ original: FileName, _ status: FileStatus, in parent: Directory, as name: FileName, in target: Directory
    ) throws {
        let end = try parent.symlinkTarget(original)
        let number = target.file.number
        try makeRoom(for: name, in: target) {
            _ = try name.withCString { name in try end.withCString { try checked(symlinkat($0, number, name)) } }
        }
        let times = [status.modified.timespec, status.modified.timespec]
        try name.withCString {
            _ = try checked(fchownat(number, $0, overrides.uid, overrides.gid, AT_SYMLINK_NOFOLLOW))
            _ = try checked(utimensat(number, $0, times, AT_SYMLINK_NOFOLLOW))
        }
    }

    /// Makes something new under a name; what has the name already is removed.
    private func makeRoom<Result>(
        for name: FileName, in target: Directory, _ make: () throws -> Result
    ) throws -> Result {
        do {
            return try make()
        } catch Errno.fileExists {
            try target.removeTree(name.path)
            return try make()
        }
    }
}

extension OpenFile {
    /// Gives this file the permissions and times of another, and the owner that is asked for.
    func take(_ status: FileStatus, _ overrides: TreeCopy.Overrides, permissions: mode_t?) throws {
        // The owner first: a change of it takes set-user-ID away.
        try checked(fchown(number, overrides.uid, overrides.gid))
        try checked(fchmod(number, permissions ?? status.permissions))
        try checked(futimens(number, [status.modified.timespec, status.modified.timespec]))
    }
}
