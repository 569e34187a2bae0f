import CSyscalls
import Failure
import FileTree
import Glibc
import Host
import SystemPackage

/// Directories of root's that become a user's, who may be able to change them meanwhile.
///
/// Symlinks are not followed. A file that has names elsewhere is not given away: it may be one of the system's, and the
/// name here the user's work.
struct GivenTrees {
    private let roots: [(path: FilePath, directory: Directory)]
    private let user: HostUser

    /// How deep they may be: a directory within another is held open.
    private static let deepest = 500

    /// Opens them; those that are not there are passed over.
    init(_ paths: [FilePath], to user: HostUser) throws {
        self.user = user
        roots = try paths.compactMap { path in
            try attempt("couldn't make \(path) \(user.name)'s", help: "it has to be a directory, not a symlink to one")
            {
                do {
                    return (path, Directory(try OpenFile(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)))
                } catch let error where error.systemError == .noSuchFileOrDirectory {
                    return nil
                }
            }
        }
    }

    /// Gives what is root's to the user.
    ///
    /// - Parameter say: told what is left alone.
    func give(_ say: (String) -> Void) throws {
        var names: [FileIdentity: UInt64] = [:]
        for (path, directory) in roots {
            try forEachFile(in: directory, at: path) { file, _ in
                let status = try file.status()
                if status.links > 1 { names[status.identity, default: 0] += 1 }
            }
        }
        for (path, directory) in roots {
            try forEachFile(in: directory, at: path) { file, path in
                let status = try file.status()
                guard status.uid == 0 else { return }
                guard status.kind == .directory || status.links == 1 || status.links == names[status.identity] else {
                    return say("left \(path) as it is: the file has names elsewhere")
                }
                try give(file)
            }
            if try directory.file.status().uid == 0 { try give(directory.file) }
        }
    }

    /// By the descriptor that was looked at: a name may be another file's by now.
    private func give(_ file: OpenFile) throws {
        try checked(stacker_chown(file.number, user.uid, user.gid))
    }

    /// Calls `body` for all that is in a directory and below, a directory after what is in it.
    private func forEachFile(
        in directory: Directory, at path: FilePath, depth: Int = 1, _ body: (OpenFile, FilePath) throws -> Void
    ) throws {
        guard depth < Self.deepest else { throw Failure("\(path) is too deep") }
        for name in try directory.names() {
            let path = path.pushing(name)
            try attempt("couldn't make \(path) \(user.name)'s") {
                do {
                    let file = try directory.openNoSymlinks(name, stacker_open_path | O_NOFOLLOW)
                    if try file.status().kind == .directory {
                        try forEachFile(in: directory.directory(name), at: path, depth: depth + 1, body)
                    }
                    try body(file, path)
                } catch let error where error.systemError == .noSuchFileOrDirectory {
                    // It went meanwhile.
                    return
                }
            }
        }
    }
}
