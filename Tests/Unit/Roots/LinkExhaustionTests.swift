import FileTree
import Fixtures
import Glibc
import SystemPackage
import Testing

@testable import Roots

@Suite("Files with as many names as can be")
struct LinkExhaustionTests {
    @Test("a tree that is deeper than any stack is looked into as far as is worth it")
    func deep() throws {
        try withTemporaryDirectory { (root: FilePath) throws -> Void in
            let top = try Directory(at: root)
            var directory = top
            for _ in 0..<3000 {
                try directory.makeDirectory("d")
                directory = try directory.directory("d")
            }
            try pair(in: directory)
            #expect(try LinkExhaustion.fullFile(top, "", 2, LinkExhaustion.deepest) == nil)
            #expect(LinkExhaustion.remedy(in: root) == nil)
        }
    }

    @Test("the last level that is looked into is found out about, the one below it is not")
    func bound() throws {
        try withTemporaryDirectory { (root: FilePath) throws -> Void in
            let top = try Directory(at: root)
            try top.makeDirectory("d")
            try pair(in: top.directory("d"))
            #expect(try LinkExhaustion.fullFile(top, "", 2, 1) == nil)
            let found = try LinkExhaustion.fullFile(top, "", 2, 2)
            #expect(found == "/d/one" || found == "/d/two")
            #expect(try LinkExhaustion.fullFile(top, "", 3, 2) == nil)
        }
    }

    @Test("names of a file in one directory are an item of btrfs, which has to have room for one more of 255 bytes")
    func exhausted() throws {
        try withTemporaryDirectory { (root: FilePath) throws -> Void in
            let top = try Directory(at: root)
            try top.makeDirectory("d")
            try pair(in: top.directory("d"))
            // Two names of three bytes and one of 255, ten bytes more for each; an item's header and a node's.
            let needed = 2 * (10 + 3) + 10 + 255 + 25 + 101
            #expect(try !LinkExhaustion.isExhausted(top, nodeSize: needed, 2))
            #expect(try LinkExhaustion.isExhausted(top, nodeSize: needed - 1, 2))
            #expect(try !LinkExhaustion.isExhausted(top, nodeSize: needed - 1, 1))
            // Names in two directories are two items, and one name is no list of them.
            try #require(linkat(top.file.number, "d/one", top.file.number, "six", 0) == 0)
            _ = try top.open(FilePath(String(repeating: "n", count: 200)), O_WRONLY | O_CREAT, mode: 0o644)
            #expect(try !LinkExhaustion.isExhausted(top, nodeSize: needed, 2))
        }
    }

    /// Makes a file with two names.
    private func pair(in directory: Directory) throws {
        _ = try directory.open("one", O_WRONLY | O_CREAT, mode: 0o644)
        try #require(linkat(directory.file.number, "one", directory.file.number, "two", 0) == 0)
    }
}
