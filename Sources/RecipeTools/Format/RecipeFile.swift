import Failure
import FileTree
import Glibc
import Recipes
import SystemPackage

/// A stacker file that is read, and written again.
package struct RecipeFile {
    /// Its path, as it was given.
    package let name: String
    /// What is in it.
    package let bytes: [UInt8]
    private let status: FileStatus

    /// A recipe is text that people write; a larger file is something else.
    private static let sizeLimit = 16 << 20

    /// Reads a file. A symlink leads to it.
    ///
    /// - Parameter isRecipe: whether it is a recipe that is missed where there is none; else it has values for one.
    /// - Throws: `Failure` for what is not there, no file, or too large.
    package init(_ name: String, isRecipe: Bool = true) throws {
        self.name = name
        let (bytes, status) = try attempt("couldn't read \(name)", help: isRecipe ? Self.adviceIfMissing(name) : nil) {
            let file = try OpenFile(FilePath(name), O_RDONLY | O_NONBLOCK)
            let status = try file.status()
            guard status.kind == .regular else { throw Failure("it is no file") }
            return (try file.readToEnd(limit: Self.sizeLimit), status)
        }
        self.bytes = bytes
        self.status = status
    }

    private static func adviceIfMissing(_ name: String) -> String? {
        guard let here = try? FilePath.currentDirectory() else { return nil }
        let path = here.pushing(FilePath(name)).lexicallyNormalized()
        return path.exists ? nil : RecipeSource.adviceOnMissing(name, at: path, way: "")
    }

    /// What comes on standard input.
    package static func standardInput() throws -> [UInt8] {
        try attempt("couldn't read standard input") {
            try OpenFile("/dev/stdin", O_RDONLY).readToEnd(limit: sizeLimit)
        }
    }

    /// Replaces the content, so that the file is at any time the old one or the new one. Owner and mode stay, and a symlink
    /// is still one.
    package func replace(with text: String) throws {
        try attempt("couldn't write \(name)") {
            let real = try Self.withoutSymlinks(FilePath(name))
            guard let last = real.lastComponent else { throw Errno.isDirectory }
            let directory = try Directory(at: real.removingLastComponent())
            try directory.replaceFile(FilePath(last.string), mode: 0o600, durable: true) { file in
                try file.writeAll(text.utf8)
                let own = try file.status()
                if own.uid != status.uid || own.gid != status.gid {
                    try checked(fchown(file.number, status.uid, status.gid), at: file.place)
                }
                try checked(fchmod(file.number, status.permissions), at: file.place)
            }
        }
    }

    private static func withoutSymlinks(_ path: FilePath) throws -> FilePath {
        let resolved = path.withPlatformString { realpath($0, nil) }
        guard let resolved else { throw Errno(rawValue: Glibc.errno) }
        defer { free(resolved) }
        return FilePath(platformString: resolved)
    }
}
