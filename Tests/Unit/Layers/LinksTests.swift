import FileTree
import Glibc
import Synchronization
import SystemPackage
import Testing

@testable import Layers

/// File systems that run out of names sooner than the one that the tests are on.
@Suite("Layers: more hard links than the file system allows")
struct LinksTests {
    /// An unpacker for a file system where a file can have `perInode` names, and `perDirectory` of them in one.
    private static func options(perInode: Int = .max, perDirectory: Int = .max) -> UnpackOptions {
        var options = UnpackOptions()
        let link = options.link
        options.link = { file, holder, name, parent in
            guard let status = try holder.status(file) else { throw Errno.noSuchFileOrDirectory }
            if status.links >= perInode { throw Errno.tooManyLinks }
            let here = try parent.names().filter { try parent.status($0)?.inode == status.inode }.count
            if here >= perDirectory { throw Errno.tooManyLinks }
            try link(file, holder, name, parent)
        }
        return options
    }

    /// An archive of one file and further names of it.
    private static func archive(_ file: String, _ names: [String]) -> TarMaker {
        var tar = TarMaker()
        tar.add(
            file, .regular, content: Array("content".utf8),
            attributes: [.init(name: "user.mark", value: Array("x".utf8))])
        for name in names { tar.add(name, .hardLink, to: file) }
        return tar
    }

    /// How many names each inode has, the most first.
    private static func groups(_ directory: Directory, _ paths: [String]) throws -> [Int] {
        var counts: [ino_t: Int] = [:]
        for path in paths { counts[try #require(try directory.status(FilePath(path))).inode, default: 0] += 1 }
        return counts.values.sorted(by: >)
    }

    @Test("the fewest copies are made, and all are equal")
    func fewest() throws {
        let scratch = try Scratch()
        let names = (1...9).map { "n\($0)" }
        let report = try Self.archive("a", names).unpack(into: scratch.directory, options: Self.options(perInode: 4))
        #expect(report.splitLinks.files == 1)
        #expect(report.splitLinks.copies == 2)
        #expect(report.splitLinks.example == "a")
        #expect(try Self.groups(scratch.directory, ["a"] + names) == [4, 4, 2])
        // Apart from its name and which others are the same file, a line says everything.
        let lines = try scratch.directory.snapshot().map { $0.split(separator: " ").dropFirst().filter { $0 != "=" } }
        let equal = Set(lines.map { $0.filter { $0 != "a" && !names.contains(String($0)) } })
        #expect(equal.count == 1)
    }

    @Test("a copy that is full in one directory goes on in the next")
    func directories() throws {
        let scratch = try Scratch()
        let first = (1...6).map { "d/n\($0)" }
        let second = (1...7).map { "e/n\($0)" }
        let report = try Self.archive("d/a", first + second)
            .unpack(into: scratch.directory, options: Self.options(perDirectory: 3))
        // Seven names are the most that a directory has: three files hold nine.
        #expect(report.splitLinks.copies == 2)
        #expect(try Self.groups(scratch.directory, ["d/a"] + first + second) == [6, 6, 2])
    }

    @Test("a link to a name that a copy carries joins the group")
    func chain() throws {
        let scratch = try Scratch()
        var tar = TarMaker()
        tar.add("n0", "content")
        for number in 1...9 { tar.add("n\(number)", .hardLink, to: "n\(number - 1)") }
        let report = try tar.unpack(into: scratch.directory, options: Self.options(perInode: 5))
        #expect(report.splitLinks.files == 1)
        #expect(report.splitLinks.copies == 1)
    }

    @Test("an archive that replaces the file meanwhile gets the new one's content")
    func replaced() throws {
        let scratch = try Scratch()
        var tar = Self.archive("a", ["n1", "n2", "n3"])
        tar.add("a", "new")
        for number in 4...7 { tar.add("n\(number)", .hardLink, to: "a") }
        try tar.unpack(into: scratch.directory, options: Self.options(perInode: 2))
        #expect(try (1...3).map { try scratch.directory.text("n\($0)") } == ["content", "content", "content"])
        #expect(try (4...7).map { try scratch.directory.text("n\($0)") } == ["new", "new", "new", "new"])
    }

    @Test("symlinks and fifos are copied as what they are")
    func kinds() throws {
        let scratch = try Scratch()
        var tar = TarMaker()
        tar.add("s", .symlink, to: "/nowhere")
        tar.add("s1", .hardLink, to: "s")
        tar.add("f", .fifo)
        tar.add("f1", .hardLink, to: "f")
        let report = try tar.unpack(into: scratch.directory, options: Self.options(perInode: 1))
        #expect(report.splitLinks.files == 2)
        #expect(try scratch.directory.symlinkTarget("s1") == "/nowhere")
        #expect(try scratch.directory.status("f1")?.kind == .fifo)
    }

    @Test("what happened, why and what helps is said in one line")
    func description() throws {
        let scratch = try Scratch()
        let report = try Self.archive("bin/busybox", ["bin/a"])
            .unpack(into: scratch.directory, options: Self.options(perInode: 1))
        let text = try #require(report.splitLinks.description)
        #expect(text.hasPrefix("bin/busybox has more hard links than "))
        #expect(text.contains("made 1 copy"))
        #expect(report.splitLinks.remedy != nil)
        #expect(UnpackReport().splitLinks.description == nil)
    }

    @Test("with overflow as an error, nothing is copied")
    func refused() throws {
        let scratch = try Scratch()
        var options = Self.options(perInode: 2)
        options.hardLinkOverflow = .error
        let text = try #require(
            failure { _ = try Self.archive("a", ["n1", "n2"]).unpack(into: scratch.directory, options: options) })
        #expect(text.contains("a has more hard links than "))
        #expect(text.hasSuffix("Too many links"))
        #expect(try scratch.directory.names() == ["a", "n1"])
    }
}
