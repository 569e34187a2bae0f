import Failure
import FileTree
import Fixtures
import Glibc
import SystemPackage
import Testing

@testable import Stacker

@Suite("Copying a tree")
struct TreeCopyTests {
    /// Copies `from` in a temporary directory to `to` there.
    private func copied(
        _ overrides: TreeCopy.Overrides = .init(uid: getuid(), gid: getgid()),
        prepare: (FilePath) throws -> Void, check: (FilePath, [String]) throws -> Void
    ) throws {
        try withTemporaryDirectory { root in
            try prepare(root.appending("from"))
            var warnings: [String] = []
            var copy = TreeCopy(overrides, .ofHost) { warnings.append($0) }
            let node = try SourceNode(at: root.appending("from"), following: false)
            try copy.copy(node, as: FileName("to"), in: Directory(at: root))
            try check(root.appending("to"), warnings)
        }
    }

    private func status(_ path: FilePath) throws -> FileStatus? {
        try Directory(at: path.removingLastComponent()).status(FilePath(root: nil, [#require(path.lastComponent)]))
    }

    @Test("content, modes and times come along, of files and directories")
    func keeps() throws {
        let time = timespec(tv_sec: 1_000_000_000, tv_nsec: 5)
        try copied { from in
            try from.appending("sub/file").write("text", mode: 0o640)
            _ = from.appending("sub").withPlatformString { chmod($0, 0o2751) }
            for name in ["sub/file", "sub"] {
                _ = from.appending(name).withPlatformString { utimensat(AT_FDCWD, $0, [time, time], 0) }
            }
        } check: { to, _ throws in
            #expect(try to.appending("sub/file").text() == "text")
            #expect(try status(to.appending("sub/file"))?.permissions == 0o640)
            #expect(try status(to.appending("sub"))?.permissions == 0o2751)
            let expected = Timestamp(seconds: 1_000_000_000, nanoseconds: 5)
            #expect(try status(to.appending("sub/file"))?.modified == expected)
            #expect(try status(to.appending("sub"))?.modified == expected)
        }
    }

    @Test("a mode is for files, and directories keep theirs")
    func mode() throws {
        try copied(.init(permissions: 0o600, uid: getuid(), gid: getgid())) { from in
            try from.appending("sub/file").write("", mode: 0o755)
        } check: { to, _ throws in
            #expect(try status(to.appending("sub/file"))?.permissions == 0o600)
            #expect(try status(to.appending("sub"))?.permissions == 0o755)
        }
    }

    @Test("symlinks stay symlinks, broken ones too, and names are bytes")
    func symlinksAndNames() throws {
        let name = FilePath(platformString: [0x61, CChar(bitPattern: 0xff), 0x0a, 0])
        try copied { from in
            try Directory(creating: from).makeSymlink("link", to: "/nowhere/at all")
            try from.pushing(name).write("odd")
        } check: { to, _ throws in
            #expect(try Directory(at: to).symlinkTarget("link") == "/nowhere/at all")
            #expect(try to.pushing(name).text() == "odd")
        }
    }

    @Test("a fifo is left out with a warning, and does not block")
    func fifo() throws {
        try copied { from in
            try from.appending("file").write("")
            _ = from.appending("pipe").withPlatformString { mkfifo($0, 0o644) }
        } check: { to, warnings throws in
            #expect(try Directory(at: to).names() == ["file"])
            #expect(warnings == ["left out pipe: neither a file, a directory nor a symlink"])
        }
    }

    @Test("what is in the way is replaced, and directories take more in")
    func replaces() throws {
        try withTemporaryDirectory { root in
            try root.appending("from/changed").write("new")
            try root.appending("from/dir/file").write("new")
            try root.appending("to/changed/was-a-directory").write("")
            try root.appending("to/dir").write("was a file")
            try root.appending("to/kept").write("old")
            var copy = TreeCopy(.init(uid: getuid(), gid: getgid()), .ofHost) { _ in }
            let node = try SourceNode(at: root.appending("from"), following: false)
            try copy.copy(node, as: FileName("to"), in: Directory(at: root))
            #expect(try root.appending("to/changed").text() == "new")
            #expect(try root.appending("to/dir/file").text() == "new")
            #expect(try root.appending("to/kept").text() == "old")
        }
    }

    @Test("a failure names the file in the tree")
    func failure() throws {
        try withTemporaryDirectory { root in
            try root.appending("from/a/b").write("x")
            try root.appending("to").write("in the way of a directory's contents")
            var copy = TreeCopy(.init(uid: getuid(), gid: getgid()), .ofHost) { _ in }
            guard case .directory(let from) = try SourceNode(at: root.appending("from"), following: false) else {
                return
            }
            let file = try Directory(OpenFile(root.appending("to"), O_RDONLY))
            let failure = #expect(throws: Failure.self) { try copy.copyContents(of: from, into: file) }
            #expect(failure?.description.hasPrefix("couldn't copy a: ") == true)
        }
    }
}
