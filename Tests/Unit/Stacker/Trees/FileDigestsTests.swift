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
    private func digest(_ path: FilePath, _ digests: FileDigests) throws -> Digest {
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
            let digests = try FileDigests(in: root)
            let before = try digest(tree, digests)
            try change.make(tree)
            #expect(try (digest(tree, digests) != before) == change.counts)
        }
    }

    @Test("an unchanged file is not read again, in another process neither")
    func remembers() throws {
        try withTemporaryDirectory { root in
            let tree = root.appending("tree")
            try tree.appending("file").write("one")
            let digests = try FileDigests(in: root)
            // Only a file whose change time lies back can be remembered.
            usleep(120_000)
            let before = try digest(tree, digests)
            try digests.save()
            #expect(FileDigestTable("file-digests", in: try Directory(at: root), limit: 1000).count == 1)
            let again = try FileDigests(in: root)
            #expect(try digest(tree, again) == before)
            try tree.appending("file").write("two")
            #expect(try digest(tree, again) != before)
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

    private func record(_ number: Int64) -> FileRecord {
        FileRecord(
            version: FileVersion(
                size: number, modified: Timestamp(seconds: -5, nanoseconds: 999_999_999),
                changed: Timestamp(seconds: number, nanoseconds: 7)),
            digest: ContentDigest(Digest(of: "\(number)".utf8)))
    }

    private func key(_ number: Int64) -> FileKey {
        FileKey(device: number.isMultiple(of: 3) ? .max : 1, inode: UInt64(number) &* 0x9e37_79b9_7f4a_7c15)
    }

    private func find(_ key: FileKey, in table: FileDigestTable) -> FileRecord? {
        var table = table
        return table.index(of: key).map(table.record)
    }

    @Test("a table has what was put into it, the later one of two, in a file too")
    func table() throws {
        try withTemporaryDirectory { root in
            let directory = try Directory(at: root)
            var table = FileDigestTable()
            for part: Range<Int64> in [0..<100, 50..<70, 200..<201, 90..<150, 0..<0] {
                table.merge(Dictionary(uniqueKeysWithValues: part.map { (key($0), record($0 + part.upperBound)) }))
            }
            #expect(table.count == 151)
            try table.write(to: "table", in: directory)
            let read = FileDigestTable("table", in: directory, limit: 1 << 20)
            for copy in [table, read] {
                #expect(find(key(0), in: copy) == record(100))
                #expect(find(key(60), in: copy) == record(130))
                #expect(find(key(95), in: copy) == record(245))
                #expect(find(key(149), in: copy) == record(299))
                #expect(find(key(200), in: copy) == record(401))
                #expect(find(key(201), in: copy) == nil)
                #expect(find(FileKey(device: 0, inode: 0), in: copy) == nil)
            }
        }
    }

    @Test("of a table only that is kept which was asked for, if need be")
    func pruned() throws {
        try withTemporaryDirectory { root in
            var table = FileDigestTable()
            table.merge(Dictionary(uniqueKeysWithValues: (Int64(0)..<10).map { (key($0), record($0)) }))
            #expect(table.usedCount == 10)
            try table.write(to: "table", in: Directory(at: root))
            var later = try FileDigestTable("table", in: Directory(at: root), limit: 1 << 20)
            #expect(later.usedCount == 0)
            let row = later.index(of: key(7))
            later.use(try #require(row))
            later.merge([key(20): record(20)])
            #expect(later.count == 11)
            later.merge([:], onlyUsed: true)
            #expect(later.count == 2)
            #expect(find(key(7), in: later) == record(7))
            #expect(find(key(20), in: later) == record(20))
        }
    }

    @Test("a table in a file that is damaged is empty, and no error")
    func damagedTable() throws {
        try withTemporaryDirectory { root in
            let directory = try Directory(at: root)
            func count(limit: Int = 1 << 20) -> Int { FileDigestTable("table", in: directory, limit: limit).count }
            #expect(count() == 0)
            var table = FileDigestTable()
            table.merge(Dictionary(uniqueKeysWithValues: (Int64(0)..<10).map { (key($0), record($0)) }))
            try table.write(to: "table", in: directory)
            let bytes = try #require(try directory.readFile("table", limit: 10000))
            #expect(count() == 10)
            #expect(count(limit: bytes.count - 1) == 0)
            let (head, rows) = (bytes.prefix(24), bytes.dropFirst(24))
            let damaged: [[UInt8]] = [
                [], Array(bytes.dropLast(3)), Array("something else\n".utf8), Array(head + rows.dropFirst(8)),
                Array(head + rows.suffix(80) + rows.prefix(80)), Array(head + rows.prefix(80) + rows.prefix(80)),
            ]
            for text in damaged {
                try directory.replaceFile("table", with: text)
                #expect(count() == 0)
            }
        }
    }

    @Test("a digest as numbers is the same digest")
    func numbers() {
        let digest = Digest(of: "whatever".utf8)
        #expect(ContentDigest(digest).digest == digest)
    }

    @Test("an error names the file in the tree")
    func errors() throws {
        try withTemporaryDirectory { root in
            let digests = try FileDigests(in: root)
            let failure = #expect(throws: Failure.self) { try digests.digest(of: root.appending("nowhere")) }
            #expect(failure?.errno == .noSuchFileOrDirectory)
        }
    }
}
