import FileTree
import Fixtures
import Glibc
import OCI
import SystemPackage
import Testing

@testable import Layers

/// What no well-meaning writer of tars puts into one, said in its own bytes.
@Suite("Layers: hostile headers and bombs")
struct LayersHostileBytesTests {
    private let scratch: Scratch
    private let out: Directory

    init() throws {
        scratch = try Scratch()
        out = try scratch.sub("base/out")
        try scratch.sub("base").put("victim", "untouched")
    }

    /// An extended header with these records, as they are.
    private func extended(_ records: [UInt8]) -> [UInt8] {
        var header = TarHeader(path: Array("pax".utf8), kind: .extended)
        header.size = Int64(records.count)
        return header.encoded() + records + [UInt8](repeating: 0, count: TarHeader.padding(header.size))
    }

    private func records(_ pairs: KeyValuePairs<String, [UInt8]>) -> [UInt8] {
        var records = PaxRecords()
        for (key, value) in pairs { records.add(key.utf8, value) }
        return extended(records.bytes)
    }

    private func refused(_ maker: TarMaker, _ options: UnpackOptions = UnpackOptions()) throws -> String? {
        let base = try scratch.sub("base")
        let mode = try base.file.status()
        let said = failure { try maker.unpack(into: out, options: options) }
        #expect(try base.names() == ["out", "victim"])
        #expect(try base.text("victim") == "untouched")
        #expect(try base.file.status().permissions == mode.permissions)
        #expect(try base.file.status().modified == mode.modified)
        return said
    }

    @Test("of several values of an attribute in a header the last one counts")
    func repeatedAttribute() throws {
        var maker = TarMaker()
        maker.add(
            "f", .regular,
            attributes: [("user.a", 1), ("user.b", 2), ("user.a", 3)].map { .init(name: $0, value: [$1]) })
        #expect(try refused(maker) == nil)
        #expect(try out.attribute("user.a", of: "f") == [3])
        #expect(try out.attribute("user.b", of: "f") == [2])
    }

    @Test("a size of less than nothing is refused", arguments: ["-1", "-512", "-9223372036854775808"])
    func negativeSize(_ size: String) throws {
        var maker = TarMaker()
        maker.bytes += records(["size": Array(size.utf8)])
        maker.add("f", "content")
        #expect(try refused(maker)?.isEmpty == false)
        #expect(try out.names().isEmpty)
    }

    // The records are read again byte by byte when libarchive warns, as it does of bytes that are not UTF-8, and for a
    // time before 1970.
    @Test(
        "a NUL in a name never hides a .. from us",
        arguments: [
            ("path", "..\u{0}x"), ("path", "..\u{0}x/victim"), ("linkpath", "..\u{0}x/victim"), ("path", "a\u{0}b"),
        ])
    func nul(_ key: String, _ value: String) throws {
        for kind in [TarHeader.Kind.directory, .regular, .symlink, .hardLink] {
            for bytes in [Array(value.utf8), Array(value.utf8) + [0xff]] {
                var maker = TarMaker()
                maker.bytes += records(["mtime": Array("-1.5".utf8), key: bytes])
                maker.add("x", kind, to: "y")
                let said = try refused(maker)
                // For a file or directory a link's target means nothing.
                if key == "path" || kind == .symlink || kind == .hardLink { #expect(said != nil) }
            }
        }
    }

    @Test(
        "sizes that cannot be",
        arguments: ["-1", "9223372036854775807", "18446744073709551615", "9223372036854775300", "x", ""])
    func sizes(_ size: String) throws {
        var maker = TarMaker()
        maker.bytes += records(["size": Array(size.utf8)])
        maker.add("f", "content")
        maker.add("g", "content")
        let said = try refused(maker)
        if said == nil { #expect(try out.text("f") == "content") } else { #expect(said?.isEmpty == false) }
        #expect(size.count < 3 || said != nil)
    }

    @Test(
        "records of lengths that cannot be",
        arguments: [
            "99999999999999999999 path=x\n", "-5 path=x\n", "0 path=x\n", "7 path=x", "12 pathx\n", "999999 path=x\n",
            " ", "\n",
        ])
    func recordLengths(_ text: String) throws {
        var maker = TarMaker()
        maker.bytes += extended(Array(text.utf8))
        maker.add("f", "content")
        let said = try refused(maker)
        #expect(said == nil || said?.contains("couldn't unpack layer") == true)
        if said == nil { #expect(try out.text("f") == "content") }
    }

    @Test(
        "maps of sparse files that lie",
        arguments: [
            "0,512,9223372036854775000,512", "9223372036854775800,512", "-1,512", "4096,512,0,512", "1,1,1", "8192,512",
        ])
    func sparse(_ map: String) throws {
        var maker = TarMaker()
        maker.bytes += records([
            "GNU.sparse.size": Array("4096".utf8), "GNU.sparse.numblocks": Array("1".utf8),
            "GNU.sparse.map": Array(map.utf8),
        ])
        maker.add("f", .regular, content: [UInt8](repeating: 1, count: 512))
        let said = try refused(maker)
        #expect(said?.isEmpty != true)
        if said == nil { #expect(try #require(try out.status("f")).size <= 8704) }
    }

    @Test("holes count as what they are written as")
    func holes() throws {
        var maker = TarMaker()
        maker.bytes += records([
            "GNU.sparse.major": [0x31], "GNU.sparse.minor": [0x30], "GNU.sparse.name": [0x66],
            "GNU.sparse.realsize": Array("1000000000000000".utf8),
        ])
        let map = Array("1\n0\n512\n".utf8)
        maker.add(
            "f", .regular,
            content: map + [UInt8](repeating: 0, count: 512 - map.count) + [UInt8](repeating: 1, count: 512))
        var options = UnpackOptions()
        options.limits.bytes = 1 << 30
        #expect(try refused(maker, options)?.contains("unpacks to more than 1073741824 bytes") == true)
    }

    @Test("a map of a sparse file without end is refused before it fills the memory")
    func endlessMap() throws {
        var maker = TarMaker()
        maker.bytes += records([
            "GNU.sparse.major": [0x31], "GNU.sparse.minor": [0x30], "GNU.sparse.name": [0x66],
            "GNU.sparse.realsize": Array("4096".utf8),
        ])
        let map = Array(("9000000\n" + String(repeating: "0\n0\n", count: 1 << 20)).utf8)
        maker.add("f", .regular, content: map)
        var options = UnpackOptions()
        options.limits.header = 1 << 20
        #expect(try refused(maker, options)?.contains("headers of an entry are too long") == true)
    }

    @Test("what is kept of directories has a bound")
    func kept() throws {
        var maker = TarMaker()
        for number in 0..<20 { maker.add("directory\(number)", .directory) }
        var options = UnpackOptions()
        options.limits.kept = 100
        #expect(try refused(maker, options)?.contains("directories are larger than 100 bytes") == true)
    }

    /// The least is deeper than a path of 4,096 bytes can say.
    @Test("directories thousands deep are made, and removed", arguments: [Effort.repetitions(3000, atLeast: 2100)])
    func deep(levels: Int) throws {
        var maker = TarMaker()
        let deep = String(repeating: "d/", count: levels)
        maker.add(deep + "f", "content")
        // Deeper than any name, by a symlink to the depth.
        maker.add("s", .symlink, to: String(repeating: "d/", count: 1900))
        for _ in 0..<3 { maker.add("s/" + deep + "f", "content") }
        #expect(try refused(maker) == nil)
        try scratch.sub("base").removeTree("out")
        #expect(try scratch.sub("base").names() == ["victim"])
    }

    @Test("device nodes are made, or said to be left out")
    func devices() throws {
        var maker = TarMaker()
        maker.add("dev/sda", .blockDevice, device: 0x800)
        maker.add("dev/null", .characterDevice, device: 0x103)
        let report = try maker.unpack(into: out)
        let made = try out.directory("dev").names().count
        #expect(made + report.leftOutDevices.count == 2)
        if made == 2 {
            #expect(try out.directory("dev").status("sda")?.kind == .blockDevice)
            #expect(try out.directory("dev").status("sda")?.specialDevice == 0x800)
        }
    }

    @Test("a value of 64 KiB, which is the most, and one more", arguments: [65536, 65537])
    func attribute(_ size: Int) throws {
        var maker = TarMaker()
        maker.add("f", .regular, attributes: [.init(name: "user.x", value: [UInt8](repeating: 1, count: size))])
        let said = try refused(maker)
        // ext4 takes less than a block, others all of it.
        #expect(said == nil ? size == 65536 : said?.contains("couldn't set its attribute user.x") == true)
    }

    @Test("a whiteout through a symlink to outside hides nothing there")
    func whiteoutThroughLink() throws {
        var maker = TarMaker()
        maker.add("up", .symlink, to: "../..")
        maker.add("up/.wh.victim")
        #expect(try refused(maker) == nil)
        // As in a chroot, ".." of the root is the root.
        #expect(try out.names() == ["up", "victim"])
        var other = TarMaker()
        other.add("../.wh.victim")
        #expect(try refused(other)?.contains("leads out of the root") == true)
        other = TarMaker()
        other.add(".wh..")
        #expect(try refused(other)?.contains("whiteout of no possible name") == true)
    }

    @Test("a file becomes a directory and a file again")
    func backAndForth() throws {
        var maker = TarMaker()
        for _ in 0..<3 {
            maker.add("x", "file")
            maker.add("x", .directory)
            maker.add("x/y", "in it")
        }
        maker.add("x", "file")
        #expect(try refused(maker) == nil)
        #expect(try out.text("x") == "file")
    }

    @Test("a zstd bomb ends at its bound, and a window of gibibytes is refused")
    func zstd() throws {
        try shell("cd \(scratch.path.string) && truncate -s 100M zeros && tar -cf - zeros | zstd -q > bomb.zst")
        var options = UnpackOptions()
        options.limits.bytes = 10 << 20
        let bomb = failure {
            _ = try unpackTarFile(OpenFile(FilePath(scratch.path("bomb.zst")), O_RDONLY), into: out, options: options)
        }
        #expect(bomb?.contains("unpacks to more than 10485760 bytes") == true, "\(bomb ?? "no error")")
        // A frame whose window is 2 GiB, and one raw block of a byte.
        let wide: [UInt8] = [0x28, 0xb5, 0x2f, 0xfd, 0, 21 << 3, 9, 0, 0, 0x78]
        let window = failure { _ = try unpackTarFile(temporaryFile(wide), into: out) }
        #expect(window?.contains("too much memory") == true, "\(window ?? "no error")")
    }
}
