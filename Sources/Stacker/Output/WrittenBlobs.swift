import Failure
import FileTree
import Glibc
import OCI
import SystemPackage

/// Which blobs of output layouts the builds with this stacker directory have written: `written-blobs` in it, a line for
/// each, with its inode. Other programs put blobs there, too, and nothing about a blob tells whose it is.
struct WrittenBlobs: Sendable {
    private static let name: FilePath = "written-blobs"
    private let directory: FilePath

    init(in stackerDirectory: FilePath) { directory = stackerDirectory }

    private var path: FilePath { directory.pushing(Self.name) }

    /// Notes a blob that is about to get its name. A line that a kill cuts counts for nothing.
    func note(_ digest: Digest, _ file: FileStatus) throws {
        try attempt("couldn't write to \(path)") {
            try OpenFile(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, mode: 0o644)
                .writeAll(Self.line(digest, file.inode).utf8)
        }
    }

    /// Those that are noted: the file that each was.
    func known() throws -> [Digest: ino_t] {
        Dictionary(try lines().compactMap(Self.parse)) { $1 }
    }

    /// Forgets all but these.
    func keep(_ kept: (Digest, ino_t) throws -> Bool) throws {
        let lines = try lines()
        let rest = try known().filter { try kept($0.key, $0.value) }
        guard rest.count < lines.count else { return }
        let text = rest.sorted { $0.key < $1.key }.map(Self.line).joined()
        try Directory(at: directory).replaceFile(Self.name, with: text.utf8)
    }

    private func lines() throws -> [Substring] {
        try attempt("couldn't read \(path)") {
            do {
                let text = try OpenFile(path, O_RDONLY | O_NOFOLLOW).readToEnd(limit: 64 << 20)
                return String(decoding: text, as: UTF8.self).split(separator: "\n")
            } catch Errno.noSuchFileOrDirectory {
                return []
            }
        }
    }

    private static func line(_ digest: Digest, _ inode: ino_t) -> String { "\(digest.hex) \(inode)\n" }

    private static func parse(_ line: Substring) -> (Digest, ino_t)? {
        let parts = line.split(separator: " ")
        guard parts.count == 2, let digest = Digest(hex: parts[0]), let inode = ino_t(parts[1]) else { return nil }
        return (digest, inode)
    }
}
