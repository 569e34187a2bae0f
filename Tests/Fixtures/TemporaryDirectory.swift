import Failure
import FileTree
import Glibc
import SystemPackage

/// Runs `body` with a new empty directory that is removed afterwards, also when `body` throws.
package func withTemporaryDirectory<Result>(_ body: (FilePath) throws -> Result) throws -> Result {
    let parent = FilePath(getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp")
    let name = FilePath("stacker-test-\(UInt64.random(in: 0...UInt64.max))")
    let path = parent.appending(name.string)
    try Directory.create(path, mode: 0o755)
    defer { try? Directory(at: parent).removeTree(name) }
    return try body(path)
}

extension FilePath {
    /// Writes a file here, making the directories above it.
    package func write(_ text: String, mode: mode_t = 0o644) throws {
        try Directory.create(removingLastComponent())
        try OpenFile(self, O_WRONLY | O_CREAT | O_TRUNC, mode: mode).writeAll(text.utf8)
    }

    /// The text of the file here.
    package func text() throws -> String {
        String(decoding: try OpenFile(self, O_RDONLY).readToEnd(limit: 1 << 30), as: UTF8.self)
    }

    /// Makes this name a whiteout, as overlayfs does for a deleted file.
    package func makeWhiteout() throws {
        try Directory.create(removingLastComponent())
        _ = try withPlatformString { try checked(mknod($0, S_IFCHR | 0o600, 0)) }
    }

    /// Makes this directory one that hides all below it.
    package func makeOpaque() throws {
        try Directory(creating: self).setAttribute(.init(name: "user.overlay.opaque", value: Array("y".utf8)), of: ".")
    }
}
