import Failure
import FileTree
import Glibc
import Host
import Layers
import SystemPackage

/// Copies files and trees with the permissions, modification times and extended attributes that they have, and with an
/// owner that is given: what is imported belongs to root, whoever owned it on this machine.
///
/// Symlinks are copied as symlinks, and the names of one file are names of one copy. Device nodes, fifos and sockets are
/// left out with a warning.
struct TreeCopy {
    /// What an import may say of the files that it brings.
    struct Overrides {
        /// Permissions of regular files; directories keep theirs.
        var permissions: mode_t?
        var uid: uid_t = 0
        var gid: gid_t = 0
    }

    let overrides: Overrides
    let attributes: CopiedAttributes
    /// Told a sentence about what is left out.
    let warn: (String) -> Void
    /// Called for each file, and again and again within one; what it throws ends the copying.
    private let checkpoint: () throws -> Void
    /// The names from the top down to where the copy is: after a failure, to what it is about.
    private var place: [FileName] = []
    /// What ``place`` begins in.
    private var top: Directory?
    private var links = CopiedLinks()
    private var leftOut: (count: Int, examples: [String]) = (0, [])

    init(
        _ overrides: Overrides, _ attributes: CopiedAttributes,
        checkpoint: @escaping () throws -> Void = StopSignal.check, warn: @escaping (String) -> Void
    ) {
        self.overrides = overrides
        self.checkpoint = checkpoint
        self.attributes = attributes
        self.warn = warn
    }

    /// Copies `source` to `name` in `target`. A file in the way is replaced; a directory takes the new files in.
    mutating func copy(_ source: SourceNode, as name: FileName, in target: Directory) throws {
        try telling { copy in
            guard let directory = try copy.step(source, as: name, in: target) else { return }
            let made = try copy.makeDirectory(name, in: target)
            try copy.contents(of: directory, into: made)
            try copy.finish(made, like: directory)
        }
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
        if leftOut.count > 0 {
            warn("left out \(leftOut.count) extended attributes: \(leftOut.examples.joined(separator: ", "))")
            leftOut = (0, [])
        }
    }

    private mutating func contents(of directory: any TreeNode, into target: Directory) throws {
        top = target
        var walk = try DepthFirstWalk(directory)
        var copies = CopiedDirectories(target)
        while let step = try walk.next() {
            switch step {
            case .child(let child, let parent):
                place.append(child.name)
                let here = try copies.current()
                if let node = try self.step(SourceNode(child, of: parent), as: child.name, in: here) {
                    try copies.enter(child.name, makeDirectory(child.name, in: here))
                    try walk.enter(node)
                } else {
                    place.removeLast()
                }
            case .left(let node):
                guard let made = try copies.leave() else { return }
                // Last: files could not be made in it, and its times would not stay.
                try finish(made, like: node)
                place.removeLast()
            }
        }
    }

    /// Copies one file. A directory is given back: what it is to become is not made yet.
    private mutating func step(_ source: SourceNode, as name: FileName, in target: Directory) throws -> (any TreeNode)?
    {
        try checkpoint()
        switch source {
        case .directory(let directory): return directory
        case .file(let parent, let original, let status):
            switch status.kind {
            case .regular: try copyRegular(original, in: parent, as: name, in: target)
            case .symlink: try copySymlink(original, status, in: parent, as: name, in: target)
            default:
                warn("left out \(place.isEmpty ? name.path : place.path): neither a file, a directory nor a symlink")
            }
            return nil
        }
    }

    // MARK: - Directories

    private func makeDirectory(_ name: FileName, in target: Directory) throws -> Directory {
        let existing = try target.status(name)
        if existing?.kind != .directory {
            if existing != nil { try target.remove(name.path) }
            try target.makeDirectory(name.path, mode: 0o700)
        }
        return try target.directory(name)
    }

    private mutating func finish(_ made: Directory, like source: any TreeNode) throws {
        try made.file.take(source.directory.file.status(), overrides, permissions: nil)
        try set(attributes.of(source.directory.file), of: made.file)
    }

    // MARK: - Files

    private mutating func copyRegular(
        _ original: FileName, in parent: Directory, as name: FileName, in target: Directory
    ) throws {
        // Another file may have taken the name since: a fifo must not block.
        let source = try parent.open(original, O_RDONLY | O_NONBLOCK)
        let status = try source.status()
        guard status.kind == .regular else { throw Failure("it was replaced while it was copied") }
        if let top, let first = links.first(status) {
            do {
                return try makeRoom(for: name, in: target) {
                    try CopiedLinks.link(first, beneath: top, to: place, in: target)
                }
            } catch let error where error.systemError == .tooManyLinks {
                // This file system holds no more names: another copy takes the further ones.
                let system = try FileSystem(of: target.file)
                warn("\(place.path) is a copy of its own: \(system) allows no more hard links; \(system.linkRemedy)")
            }
        }
        let copy = try makeRoom(for: name, in: target) { try target.open(name, O_RDWR | O_CREAT | O_EXCL, mode: 0o600) }
        try copy.copyContent(of: source, checkpoint: checkpoint)
        try copy.take(status, overrides, permissions: overrides.permissions)
        // What an access ACL says of the group would take the place of the mode that is asked for.
        try set(
            attributes.of(source).filter { overrides.permissions == nil || $0.name != CopiedAttributes.accessList },
            of: copy)
        links.note(status, at: place)
    }

    private func copySymlink(
        _ original: FileName, _ status: FileStatus, in parent: Directory, as name: FileName, in target: Directory
    ) throws {
        let end = try parent.symlinkTarget(original)
        let number = target.file.number
        try makeRoom(for: name, in: target) {
            try target.makeSymlink(name, to: end)
        }
        let times = [status.modified.timespec, status.modified.timespec]
        try name.withCString {
            _ = try checked(
                fchownat(number, $0, overrides.uid, overrides.gid, AT_SYMLINK_NOFOLLOW),
                at: target.place(of: name.path))
            _ = try checked(utimensat(number, $0, times, AT_SYMLINK_NOFOLLOW), at: target.place(of: name.path))
        }
    }

    private mutating func set(_ attributes: [ExtendedAttribute], of file: OpenFile) throws {
        for name in try file.setAttributes(attributes) {
            leftOut.count += 1
            if leftOut.count <= 5 { leftOut.examples.append("\(place.path): \(name)") }
        }
    }

    /// Makes something new under a name; what has the name already is removed.
    private func makeRoom<Result>(
        for name: FileName, in target: Directory, _ make: () throws -> Result
    ) throws -> Result {
        do {
            return try make()
        } catch let error where error.systemError == .fileExists {
            try target.removeTree(name.path)
            return try make()
        }
    }
}

extension OpenFile {
    /// Gives this file the permissions and times of another, and the owner that is asked for.
    func take(_ status: FileStatus, _ overrides: TreeCopy.Overrides, permissions: mode_t?) throws {
        // The owner first: a change of it takes set-user-ID and capabilities away.
        try checked(fchown(number, overrides.uid, overrides.gid), at: place)
        try checked(fchmod(number, permissions ?? status.permissions), at: place)
        try checked(futimens(number, [status.modified.timespec, status.modified.timespec]), at: place)
    }
}
