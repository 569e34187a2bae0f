import CSyscalls
import FileTree
import Fixtures
import Glibc
import Synchronization
import SystemPackage
import Testing

@testable import Layers

@Suite("Layers: the tar that is written, as others read it")
struct LayersTarFormatTests {
    @Test(
        "bsdtar and GNU tar unpack what went in",
        arguments: ["bsdtar --numeric-owner", "tar --numeric-owner --xattrs --xattrs-include=*"])
    func independentReaders(_ reader: String) throws {
        let scratch = try Scratch()
        let (tree, blobs, out) = (try scratch.sub("tree"), try scratch.sub("blobs"), try scratch.sub("out"))
        try LayersRoundTripTests.fill(tree)
        // These two cannot say a whiteout as a device, nor name bytes that are no text.
        for name in ["gone", "bin/gone"] { try checked(unlinkat(tree.file.number, name, 0)) }
        FileName([0x66, 0xff, 0xfe, 0x6f]).withCString { _ = unlinkat(tree.file.number, $0, 0) }
        if reader.hasPrefix("tar") {
            // GNU tar reads an escaped "%3D" only from archives that it wrote: leave such names to bsdtar.
            try checked(removexattr(scratch.path("tree/empty"), "user.50%3D"))
        } else {
            for name in ["user.50%3D", "user.a=b"] { try checked(removexattr(scratch.path("tree/empty"), name)) }
        }
        try checked(removexattr(scratch.path("tree/bin/busybox"), "system.posix_acl_access"))
        let layer = try #require(try encode(tree, into: blobs))
        try shell(
            "LC_ALL=C.UTF-8 \(reader) -xpf \(scratch.path("blobs"))/\(layer.descriptor.digest.hex) -C \(scratch.path("out"))"
        )
        #expect(try out.snapshot() == tree.snapshot())
    }

    @Test("a ustar header says it all where it can")
    func plainHeader() throws {
        var header = TarHeader(path: Array("usr/bin/x".utf8), kind: .regular)
        header.permissions = 0o4755
        header.uid = 0o7777777
        header.size = 10
        header.modified = Timestamp(seconds: 1_700_000_000)
        let block = header.encoded()
        #expect(block.count == 512)
        #expect(block[257..<265].elementsEqual("ustar\u{0}00".utf8))
        #expect(block[100..<108].elementsEqual("0004755\u{0}".utf8))
    }

    /// A path of components of these lengths, and how many blocks its header takes.
    struct Shape: Sendable {
        var components: [Int]
        var isDirectory = false
        var blocks: Int
        var path: String {
            components.map { String(repeating: "n", count: $0) }.joined(separator: "/") + (isDirectory ? "/" : "")
        }
    }

    @Test(
        "a long path is split where it can be, and goes to a pax header where not",
        arguments: [
            Shape(components: [100], blocks: 1), Shape(components: [101], blocks: 3),
            Shape(components: [155, 100], blocks: 1), Shape(components: [156, 1], blocks: 3),
            Shape(components: [1, 101], blocks: 3), Shape(components: [60, 60], isDirectory: true, blocks: 1),
            Shape(components: [100, 54, 100], blocks: 1), Shape(components: [100, 55, 100], blocks: 3),
        ])
    func paths(_ shape: Shape) throws {
        let (path, size) = (shape.path, shape.blocks * 512)
        let scratch = try Scratch()
        let kind = path.hasSuffix("/") ? TarHeader.Kind.directory : .regular
        var maker = TarMaker()
        maker.add(path, kind)
        #expect(maker.bytes.count == size)
        try scratch.directory.replaceFile("x.tar", with: maker.archive)
        for reader in ["bsdtar", "tar --quoting-style=literal"] {
            #expect(try shell("LC_ALL=C.UTF-8 \(reader) -tf \(scratch.path("x.tar"))") == path + "\n")
        }
    }

    @Test("the length of a pax record counts its own digits")
    func recordLengths() {
        for size in Array(0...120) + Array(960...1010) + Array(9960...10010) {
            var records = PaxRecords()
            records.add("k".utf8, [UInt8](repeating: 0x61, count: size))
            #expect(records.bytes.starts(with: "\(records.bytes.count) k=".utf8))
        }
    }

    @Test("numbers that do not fit go to pax records; never base-256")
    func numbers() throws {
        let scratch = try Scratch()
        var header = TarHeader(path: Array("x".utf8), kind: .fifo)
        header.uid = 0o10000000
        header.gid = 3_000_000_000
        header.modified = Timestamp(seconds: -2, nanoseconds: 500_000_000)
        let bytes = header.encoded()
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text.contains("15 uid=2097152\n"))
        #expect(text.contains("18 gid=3000000000\n"))
        #expect(text.contains("14 mtime=-1.5\n"))
        #expect(!bytes.contains { $0 >= 0x80 })
        header = TarHeader(path: Array("big".utf8), kind: .regular)
        header.size = 1 << 33
        #expect(String(decoding: header.encoded(), as: UTF8.self).contains("19 size=8589934592\n"))
        try scratch.directory.replaceFile("x.tar", with: bytes + [UInt8](repeating: 0, count: 1024))
        #expect(try shell("tar --numeric-owner -tvf \(scratch.path("x.tar"))").contains("2097152/3000000000"))
    }

    @Test("every further name points at the first, and whiteouts are no links")
    func linkGroups() throws {
        let scratch = try Scratch()
        let (tree, blobs) = (try scratch.sub("tree"), try scratch.sub("blobs"))
        try tree.put("z", "content")
        for name in ["a", "m", "b"] { try tree.putLink(name, to: "z") }
        try tree.putWhiteout("w1")
        try tree.putLink("w2", to: "w1")
        let layer = try #require(try encode(tree, into: blobs))
        let list = try shell("tar -tvf \(scratch.path("blobs"))/\(layer.descriptor.digest.hex)")
        for name in ["b", "m", "z"] { #expect(list.contains(" \(name) link to a\n")) }
        #expect(list.contains(" .wh.w1\n") && list.contains(" .wh.w2\n"))
    }

    @Test("umoci unpacks an image of our layers")
    func umoci() throws {
        let scratch = try Scratch()
        let (tree, blobs) = (try scratch.sub("tree"), try scratch.sub("blobs"))
        try tree.put("bin/busybox", "program", mode: 0o4755)
        try tree.putLink("bin/ls", to: "bin/busybox")
        try tree.put("grüße", "x")
        try tree.putSymlink("link", to: "bin/ls")
        try tree.setAttribute(.init(name: "user.x", value: [1]), of: "grüße")
        try tree.putDirectory("tmp", mode: 0o1777)
        let layer = try #require(try encode(tree, into: blobs))
        let blob = "\(scratch.path("blobs"))/\(layer.descriptor.digest.hex)"
        try shell(
            """
            cd \(scratch.path.string); umoci init --layout img; umoci new --image img:t
            zcat \(blob) > layer.tar; umoci raw add-layer --image img:t layer.tar; umoci raw unpack --image img:t out
            """)
        #expect(try scratch.sub("out").snapshot() == tree.snapshot())
    }

    @Test("a file with a whiteout's name cannot be encoded")
    func whiteoutName() throws {
        let scratch = try Scratch()
        let tree = try scratch.sub("tree")
        try tree.put("d/.wh.x")
        let text = failure { _ = try encode(tree, into: try scratch.sub("blobs")) }
        #expect(text?.contains("d/.wh.x") == true)
        #expect(try scratch.sub("blobs").names() == [])
    }

    @Test("what overlayfs keeps for itself is not carried, a redirect is refused")
    func overlayAttributes() throws {
        let scratch = try Scratch()
        let (tree, blobs, out) = (try scratch.sub("tree"), try scratch.sub("blobs"), try scratch.sub("out"))
        try tree.putDirectory("d")
        let names: [AttributeName] = ["user.overlay.origin", "trusted.overlay.impure", "trusted.other", "user.kept"]
        for name in names {
            try tree.setAttribute(.init(name: name, value: [1]), of: "d")
        }
        let layer = try #require(try encode(tree, into: blobs))
        try unpack(layer, from: blobs, into: out)
        #expect(try out.attributes(of: "d").map(\.name) == ["trusted.other", "user.kept"])
        try tree.setAttribute(.init(name: "user.overlay.redirect", value: Array("/etc".utf8)), of: "d")
        #expect(failure { _ = try encode(tree, into: blobs) }?.contains("user.overlay.redirect") == true)
    }

    @Test("a file that shrinks or grows while it is read is an error that names it", arguments: ["shrank", "grew"])
    func changing(_ how: String) throws {
        let scratch = try Scratch()
        let (tree, blobs) = (try scratch.sub("tree"), try scratch.sub("blobs"))
        let size = 20 << 20
        try tree.put("file", String(repeating: "x", count: size))
        let path = scratch.path("tree/file")
        let calls = Mutex(0)
        let text = failure {
            _ = try encode(tree, .none, into: blobs) {
                $0.checkpoint = {
                    // The first call comes before the file is looked at, the second between two pieces of it.
                    let call = calls.withLock { calls in
                        calls += 1
                        return calls
                    }
                    if call == 2 { try checked(truncate(path, how == "grew" ? size + 100 : size / 2)) }
                }
            }
        }
        #expect(text?.contains("file") == true && text?.contains(how) == true, "\(text ?? "no error")")
        #expect(try blobs.names() == [])
    }
}
