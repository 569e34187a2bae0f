import Failure
import FileTree
import Glibc
import OCI
import SystemPackage

/// Which blobs of output layouts the builds with this stacker directory have written: `written-blobs` in it, a line for
/// each, with its inode, its time and the inode of the layout's directory. Other programs put blobs there, too, and nothing about a blob
/// tells whose it is.
struct WrittenBlobs: Sendable {
    private static let name: FilePath = "written-blobs"
    private let directory: FilePath

    init(in stackerDirectory: FilePath) { directory = stackerDirectory }

    private var path: FilePath { directory.pushing(Self.name) }

    private struct Line: Hashable {
        var digest: Digest
        var inode: ino_t
        var modified: Timestamp
        var layout: ino_t

        var text: String { "\(digest.hex) \(inode) \(modified.seconds) \(modified.nanoseconds) \(layout)\n" }

        init(_ digest: Digest, _ file: FileStatus, in layout: Layout) throws {
            (self.digest, inode, modified) = (digest, file.inode, file.modified)
            self.layout = try WrittenBlobs.number(of: layout)
        }

        init?(_ text: Substring) {
            let parts = text.split(separator: " ")
            guard parts.count == 5, let digest = Digest(hex: parts[0]), let inode = ino_t(parts[1]),
                let seconds = Int64(parts[2]), let nanoseconds = Int32(parts[3]), let layout = ino_t(parts[4])
            else { return nil }
            (self.digest, self.inode, self.layout) = (digest, inode, layout)
            modified = Timestamp(seconds: seconds, nanoseconds: nanoseconds)
        }
    }

    private static func number(of layout: Layout) throws -> ino_t { try layout.directory.file.status().inode }

    /// Notes a blob that is about to get its name. A line that a kill cuts counts for nothing, and spoils no other.
    func note(_ digest: Digest, _ file: FileStatus, in layout: Layout) throws {
        try attempt("couldn't write to \(path)") {
            try OpenFile(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK, mode: 0o644)
                .writeAll("\n\(Line(digest, file, in: layout).text)".utf8)
        }
    }

    /// What tells whether a blob of a layout is one that is noted, and as it was then.
    func recognizer(in layout: Layout) throws -> (Digest, FileStatus) throws -> Bool {
        let known = Set(try lines())
        return { try known.contains(Line($0, $1, in: layout)) }
    }

    /// Forgets those of a layout that are gone.
    func forgetGone(from layout: Layout) throws {
        let lines = try lines()
        let number = try Self.number(of: layout)
        let rest = try Set(lines).filter { line in
            guard line.layout == number else { return true }
            let status = try layout.blobs.status(FilePath(line.digest.hex))
            return try status.map { try Line(line.digest, $0, in: layout) } == line
        }
        guard rest.count < lines.count else { return }
        let text = rest.map(\.text).sorted().joined()
        try Directory(at: directory).replaceFile(Self.name, with: text.utf8)
    }

    private func lines() throws -> [Line] {
        try attempt("couldn't read \(path)") {
            do {
                let text = try Directory(at: directory).readFile(Self.name, limit: 64 << 20) ?? []
                return String(decoding: text, as: UTF8.self).split(separator: "\n").compactMap(Line.init)
            } catch let failure as Failure where failure.errno == .noSuchFileOrDirectory {
                return []
            }
        }
    }
}
