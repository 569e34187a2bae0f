import Failure
import FileTree
import Fixtures
import Glibc
import OCI
import SystemPackage
import Testing

@testable import Stacker

@Suite("Digests of files and trees")
struct FileDigestsTests {
    private func digest(_ path: FilePath, _ digests: inout FileDigests) throws -> Digest {
        try digests.digest(of: SourceNode(at: path, following: false), .ofHost)
    }

    /// Changes of a tree, and whether they change its digest.
    struct Change: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var counts: Bool
        var make: @Sendable (FilePath) throws -> Void
    }

    static let changes = [
        Change(testDescription: "content", counts: true) { try $0.appending("dir/file").write("two") },
        Change(testDescription: "a file's mode", counts: true) { tree in
            _ = tree.appending("dir/file").withPlatformString { chmod($0, 0o755) }
        },
        Change(testDescription: "a directory's mode", counts: true) { tree in
            _ = tree.appending("dir").withPlatformString { chmod($0, 0o700) }
        },
        Change(testDescription: "a new file", counts: true) { try $0.appending("dir/more").write("") },
        Change(testDescription: "a new empty directory", counts: true) { try Directory.create($0.appending("new")) },
        Change(testDescription: "a file that went", counts: true) { try Directory(at: $0).removeTree("dir") },
        Change(testDescription: "another name", counts: true) { tree in
            try Directory(at: tree.appending("dir")).rename("file", to: "other")
        },
        Change(testDescription: "a link target", counts: true) { tree in
            let directory = try Directory(at: tree)
            try directory.remove("link")
            try directory.makeSymlink("link", to: "elsewhere")
        },
        Change(testDescription: "a modification time", counts: false) { tree in
            let time = timespec(tv_sec: 1_000_000_000, tv_nsec: 0)
            _ = tree.appending("dir/file").withPlatformString { utimensat(AT_FDCWD, $0, [time, time], 0) }
        },
        Change(testDescription: "the same again", counts: false) { try $0.appending("dir/file").write("one") },
    ]

    @Test("content, modes, structure and link targets count, and nothing else", arguments: changes)
    func counts(change: Change) throws {
        try withTemporaryDirectory { root in
            let tree = root.appending("tree")
            try tree.appending("dir/file").write("one")
            try Directory(at: tree).makeSymlink("link", to: "somewhere")
            var digests = try FileDigests(in: root)
            let before = try digest(tree, &digests)
            try change.make(tree)
            #expect(try (digest(tree, &digests) != before) == change.counts)
        }
    }

    @Test("an unchanged file is not read again, in another process neither")
    func remembers() throws {
        try withTemporaryDirectory { root in
            let tree = root.appending("tree")
            try tree.appending("file").write("one")
            var digests = try FileDigests(in: root)
            // Only a file whose change time lies back can be remembered.
            usleep(120_000)
            let before = try digest(tree, &digests)
            try digests.save()
            #expect(try root.appending("file-digests").text().split(separator: "\n").count == 2)
            var again = try FileDigests(in: root)
            #expect(try digest(tree, &again) == before)
            try tree.appending("file").write("two")
            #expect(try digest(tree, &again) != before)
        }
    }

    @Test("a file that has just changed is not remembered")
    func unsettled() {
        let changed = Timestamp(seconds: 100, nanoseconds: 123_456_789)
        let version = FileVersion(size: 1, modified: changed, changed: changed)
        #expect(!version.isSettled(at: changed))
        #expect(!version.isSettled(at: Timestamp(seconds: 100, nanoseconds: 170_000_000)))
        #expect(version.isSettled(at: Timestamp(seconds: 100, nanoseconds: 180_000_000)))
        let coarse = Timestamp(seconds: 100)
        #expect(!FileVersion(size: 1, modified: coarse, changed: coarse).isSettled(at: Timestamp(seconds: 103)))
        #expect(FileVersion(size: 1, modified: coarse, changed: coarse).isSettled(at: Timestamp(seconds: 104)))
    }

    @Test("what is remembered survives its text, and a damaged text is no error")
    func format() {
        let record = FileRecord(
            version: FileVersion(
                size: 7, modified: Timestamp(seconds: -5, nanoseconds: 3), changed: Timestamp(seconds: 9)),
            digest: ContentDigest(Digest(of: "x".utf8)))
        let records = [FileKey(device: .max, inode: 12): record]
        let text = FileDigestsFormat.text(of: records)
        #expect(FileDigestsFormat.parse(text) == records)
        #expect(FileDigestsFormat.parse(Array(text.dropLast(3))).isEmpty)
        #expect(FileDigestsFormat.parse(Array("something else\n".utf8)).isEmpty)
        #expect(FileDigestsFormat.parse([]).isEmpty)
    }

    @Test("a digest as numbers is the same digest")
    func numbers() {
        let digest = Digest(of: "whatever".utf8)
        #expect(ContentDigest(digest).digest == digest)
    }

    @Test("an error names the file in the tree")
    func errors() throws {
        try withTemporaryDirectory { root in
            var digests = try FileDigests(in: root)
            let failure = #expect(throws: Failure.self) { try digests.digest(of: root.appending("nowhere")) }
            #expect(failure?.errno == .noSuchFileOrDirectory)
        }
    }
}
