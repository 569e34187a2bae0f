import FileTree
import SystemPackage
import Testing

@testable import Layers

/// What stands in pax headers, to the letter: a reader that makes something of anything sees another archive than the
/// next one.
@Suite("Layers: extended headers of tars")
struct ExtendedHeaderTests {
    /// A header of that type, and its content.
    private static func header(_ kind: Character, _ content: String) -> [UInt8] {
        var header = TarHeader(path: Array("header".utf8), kind: .extended)
        header.size = Int64(content.utf8.count)
        var block = header.encoded()
        let type = kind.asciiValue ?? 0
        // The sum of all bytes, in octal digits.
        let sum = block[148..<154].reduce(0) { $0 << 3 | Int($1 - 0x30) } + Int(type) - Int(block[156])
        block[156] = type
        let digits = String(sum, radix: 8)
        block.replaceSubrange(148..<154, with: (String(repeating: "0", count: 6 - digits.count) + digits).utf8)
        let padding = TarHeader.padding(header.size)
        return block + content.utf8 + [UInt8](repeating: 0, count: padding)
    }

    /// A record.
    private static func record(_ key: String, _ value: String) -> String {
        var records = PaxRecords()
        records.add(key.utf8, value.utf8)
        return String(decoding: records.bytes, as: UTF8.self)
    }

    /// The failure of unpacking it.
    private func refusal(of tar: TarMaker) throws -> String? {
        let scratch = try Scratch()
        let out = try scratch.sub("out")
        return failure { try tar.unpack(into: out) }
    }

    @Test("a global header holds for what follows, until another one or an entry's own says otherwise")
    func global() throws {
        let scratch = try Scratch()
        let out = try scratch.sub("out")
        var tar = TarMaker()
        tar.add("before")
        tar.bytes += Self.header("g", Self.record("mtime", "5") + Self.record("SCHILY.xattr.user.a", "all"))
        tar.add("first")
        tar.bytes += Self.header("x", Self.record("mtime", "6"))
        tar.add("own")
        tar.bytes += Self.header("g", Self.record("SCHILY.xattr.user.a", "") + Self.record("mtime", "7"))
        tar.add("second")
        tar.bytes += Self.header("g", Self.record("mtime", ""))
        tar.add("after")
        try tar.unpack(into: out)
        let times = try ["before", "first", "own", "second", "after"].map {
            try out.status(FilePath($0))?.modified.seconds
        }
        #expect(times == [0, 5, 6, 7, 0])
        #expect(try out.attribute("user.a", of: "first") == Array("all".utf8))
        #expect(try out.attribute("user.a", of: "own") == Array("all".utf8))
        #expect(try out.attribute("user.a", of: "second") == nil)
    }

    @Test(
        "an attribute's name may be as long as the kernel's, of one entry or of all, and no longer",
        arguments: ["x", "g"] as [Character])
    func longNames(kind: Character) throws {
        func tar(_ length: Int) -> TarMaker {
            let name = "user." + String(repeating: "a", count: length - 5)
            var tar = TarMaker()
            tar.bytes += Self.header(kind, Self.record("SCHILY.xattr.\(name)", "value"))
            tar.add("file")
            return tar
        }
        #expect(try refusal(of: tar(255)) == nil)
        #expect(try refusal(of: tar(256))?.contains("is longer than 255 bytes") == true)
    }

    @Test(
        "what is one entry's is refused of all", arguments: ["path", "linkpath", "size", "GNU.sparse.map"])
    func globalOfOne(_ keyword: String) throws {
        var tar = TarMaker()
        tar.bytes += Self.header("g", Self.record(keyword, "1"))
        tar.add("file")
        let text = try refusal(of: tar)
        #expect(text?.contains("a global header says \(keyword) for all entries") == true, "\(text ?? "taken")")
    }

    @Test(
        "records that are none are refused",
        arguments: [
            "9 nothing\n", "10 mtime=5\n", "12 mtime=5\n", "+11 mtime=5\n", "11 mtime=5x", "4 =\n", "0 \n", "mtime=5\n",
            record("mtime", "yesterday"), record("mtime", ".5"), record("mtime", "5.x"), record("uid", "root"),
            record("gid", "1 "), record("size", "many"), record("size", "-1"),
        ])
    func damaged(_ content: String) throws {
        var tar = TarMaker()
        tar.bytes += Self.header("x", content)
        tar.add("file")
        let text = try refusal(of: tar)
        // Some of them libarchive refuses first.
        let isRefused = text?.contains("its extended header") == true || text?.contains("it is damaged") == true
        #expect(isRefused, "\(text ?? "taken")")
    }

    @Test(
        "times that are numbers",
        arguments: [("5", 5, 0), ("5.", 5, 0), ("-0.5", -1, 500_000_000), ("1.0123456789", 1, 12_345_678)])
    func times(_ text: String, _ seconds: Int64, _ nanoseconds: Int32) {
        #expect(Timestamp(decimal: Array(text.utf8)) == Timestamp(seconds: seconds, nanoseconds: nanoseconds))
    }

    @Test(
        "a sparse map that is none is refused",
        arguments: [
            "0,-512", "0,1024", "0", "a,b", "512,512,0,0", "0,300,200,100", "600,10", "9223372036854775807,512",
            "0,512,,",
        ])
    func sparse(_ map: String) throws {
        #expect(try unpackSparse(map) != nil, "taken")
    }

    @Test("a sparse map that is one is taken", arguments: ["0,512", "0,256,256,256", "0,512,512,0"])
    func soundSparse(_ map: String) throws {
        #expect(try unpackSparse(map) == nil)
    }

    /// Unpacks a file of 512 bytes, all of them stored, with that map; returns the failure.
    private func unpackSparse(_ map: String) throws -> String? {
        var tar = TarMaker()
        tar.bytes += Self.header("x", Self.record("GNU.sparse.size", "512") + Self.record("GNU.sparse.map", map))
        tar.add("file", String(repeating: "a", count: 512))
        tar.add("next")
        return try refusal(of: tar)
    }
}
