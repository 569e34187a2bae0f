import Failure
import FileTree
import Glibc
import SystemPackage

/// A page that a user wants in a file.
package enum PageFile {
    /// Refuses a name where no page can be: before the work of which it is to tell. So is `-`, by which other programs mean
    /// their stdout: a page is replaced as a whole.
    package static func refuseImpossible(_ path: FilePath?) throws {
        guard let path else { return }
        if path == "-" {
            throw Failure("a page is written to a file, and - is none", help: "name a file; ./- is one of that name")
        }
        try attempting(path) {
            let (directory, name) = try place(path)
            // A user who may not write there has nothing to make a file of.
            let probe = FilePath.temporaryName(for: name.string)
            _ = try directory.openNoSymlinks(probe, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
            try directory.remove(probe)
        }
    }

    /// Writes it so that the file is the old one or all of the new one. One that was there keeps its permissions.
    package static func write(_ text: String, to path: FilePath) throws {
        try attempting(path) {
            let (directory, name) = try place(path)
            let before = try directory.status(name)?.permissions
            try directory.replaceFile(name, mode: 0o666) { file in
                try file.writeAll(text.utf8)
                if let before { try checked(fchmod(file.number, before & 0o777), at: file.place) }
            }
        }
    }

    private static func attempting(_ path: FilePath, _ body: () throws -> Void) throws {
        let what = path.isEmpty ? "couldn't write a page" : "couldn't write the page \(path)"
        try attempt(what, help: "name a file in a directory that is there", body)
    }

    private static func place(_ path: FilePath) throws -> (directory: Directory, name: FilePath) {
        if path.isEmpty { throw Failure("the name of its file is empty") }
        guard let name = path.lastComponent else { throw Failure("it is a directory") }
        let parent = path.removingLastComponent()
        let directory = try Directory(at: parent.isEmpty ? "." : parent)
        // What is there is replaced: of a device or a pipe nothing but a file would be left.
        if let kind = try directory.status(FilePath(name.string))?.kind, kind != .regular {
            throw Failure("what is there is no file")
        }
        return (directory, FilePath(name.string))
    }
}
