import Failure
import FileTree
import SystemPackage

/// A page that a user wants in a file.
package enum PageFile {
    /// - Throws: `Failure` for `-`, by which other programs mean their stdout: a page is replaced as a whole.
    package static func refuseStream(_ path: String) throws {
        guard path == "-" else { return }
        throw Failure(
            "a page is written to a file, and - is none", help: "name a file; ./- is one of that name")
    }

    /// Writes it so that the file is the old one or all of the new one.
    package static func write(_ text: String, to path: FilePath) throws {
        try attempt("couldn't write the page \(path)", help: "name a file in a directory that is there") {
            guard let name = path.lastComponent else { throw Failure("it is a directory") }
            let parent = path.removingLastComponent()
            let directory = try Directory(at: parent.isEmpty ? "." : parent)
            // What is there is replaced: of a device or a pipe nothing but a file would be left.
            if let kind = try directory.status(FilePath(name.string))?.kind, kind != .regular {
                throw Failure("what is there is no file")
            }
            try directory.replaceFile(FilePath(name.string), with: text.utf8)
        }
    }
}
