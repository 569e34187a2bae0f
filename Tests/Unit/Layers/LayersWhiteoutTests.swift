import FileTree
import Fixtures
import Glibc
import SystemPackage
import Testing

@testable import Layers

@Suite("Layers: whiteouts and opaque directories")
struct LayersWhiteoutTests {
    private func isOpaque(_ directory: Directory, _ name: FilePath) throws -> Bool {
        try directory.attribute("user.overlay.opaque", of: name) == [UInt8(ascii: "y")]
    }

    @Test("a whiteout becomes a device 0:0, an opaque mark an attribute, and both come back")
    func bothWays() throws {
        let scratch = try Scratch()
        let (tree, blobs, out) = (try scratch.sub("tree"), try scratch.sub("blobs"), try scratch.sub("out"))
        try tree.putWhiteout("gone")
        try tree.put("new/file")
        try tree.setAttribute(.init(name: "user.overlay.opaque", value: [UInt8(ascii: "y")]), of: "new")
        try tree.putDirectory("root-made")
        try tree.setAttribute(.init(name: "trusted.overlay.opaque", value: [UInt8(ascii: "y")]), of: "root-made")
        let layer = try #require(try encode(tree, into: blobs))
        let list = try shell("tar -tf \(scratch.path("blobs"))/\(layer.descriptor.digest.hex)")
        #expect(list == ".wh.gone\nnew/\nnew/.wh..wh..opq\nnew/file\nroot-made/\nroot-made/.wh..wh..opq\n")
        try unpack(layer, from: blobs, into: out)
        #expect(try out.status("gone")?.isWhiteout == true)
        #expect(try isOpaque(out, "new"))
        #expect(try isOpaque(out, "root-made"))
        #expect(try out.directory("new").names() == ["file"])
        // Encoded again it is the same layer.
        #expect(try encode(out, into: blobs)?.diffID == layer.diffID)
    }

    @Test("whiteouts come before the entries beside them")
    func order() throws {
        let scratch = try Scratch()
        let (tree, blobs) = (try scratch.sub("tree"), try scratch.sub("blobs"))
        for name in ["a", "c", "d/a/x"] { try tree.put(name) }
        for name in ["b", "d/b", "d/z"] { try tree.putWhiteout(name) }
        let layer = try #require(try encode(tree, into: blobs))
        let list = try shell("tar -tf \(scratch.path("blobs"))/\(layer.descriptor.digest.hex)")
        #expect(list == ".wh.b\na\nc\nd/\nd/.wh.b\nd/.wh.z\nd/a/\nd/a/x\n")
    }

    @Test("an opaque root")
    func opaqueRoot() throws {
        let scratch = try Scratch()
        let (tree, blobs, out) = (try scratch.sub("tree"), try scratch.sub("blobs"), try scratch.sub("out"))
        try tree.setAttribute(.init(name: "user.overlay.opaque", value: [UInt8(ascii: "y")]), of: ".")
        let layer = try #require(try encode(tree, into: blobs))
        #expect(layer.entries == 1)
        try unpack(layer, from: blobs, into: out)
        #expect(try isOpaque(out, "."))
    }

    @Test("in one archive a whiteout never hides the archive's own file, in either order", arguments: [true, false])
    func sameArchive(_ whiteoutFirst: Bool) throws {
        let scratch = try Scratch()
        var maker = TarMaker()
        let whiteouts = { (maker: inout TarMaker) in
            for name in [".wh.file", ".wh.dir", ".wh.implied", ".wh.link"] { maker.add(name) }
        }
        if whiteoutFirst { whiteouts(&maker) }
        maker.add("file", "new")
        maker.add("dir", .directory)
        maker.add("dir/x", "x")
        maker.add("implied/y", "y")
        maker.add("link", .symlink, to: "file")
        if !whiteoutFirst { whiteouts(&maker) }
        let out = try scratch.sub("out")
        try maker.unpack(into: out)
        #expect(try out.text("file") == "new")
        #expect(try out.text("dir/x") == "x")
        #expect(try out.text("implied/y") == "y")
        #expect(try out.status("link")?.kind == .symlink)
        // What a lower layer has in these directories is gone.
        #expect(try isOpaque(out, "dir"))
        #expect(try isOpaque(out, "implied"))
    }

    @Test("whiteouts of odd kinds")
    func oddKinds() throws {
        let scratch = try Scratch()
        var maker = TarMaker()
        maker.add("first")
        maker.add(".wh.linked", .hardLink, to: "first")
        maker.add(".wh.directory/", .directory)
        maker.add("device", .characterDevice)
        maker.add(".wh..wh.plnk/", .directory)
        maker.add(".wh..wh.plnk/12.34", "aufs")
        let out = try scratch.sub("out")
        let report = try maker.unpack(into: out)
        for name in ["linked", "directory", "device"] { #expect(try out.status(FilePath(name))?.isWhiteout == true) }
        #expect(report.leftOutWhiteouts.count == 2)
        #expect(try out.names() == ["device", "directory", "first", "linked"])
    }

    @Test("in a tree that stands alone there is nothing to hide")
    func alone() throws {
        let scratch = try Scratch()
        var maker = TarMaker()
        maker.add("d", .directory)
        maker.add("d/.wh.x")
        maker.add("d/.wh..wh..opq")
        maker.add("d/y")
        let out = try scratch.sub("out")
        let report = try unpackTarFile(temporaryFile(maker.archive), into: out)
        #expect(try out.directory("d").names() == ["y"])
        #expect(try out.attributes(of: "d").isEmpty)
        #expect(report.leftOutWhiteouts.count == 2)
    }

    @Test("impossible whiteouts are refused", arguments: [".wh.", ".wh..", ".wh...", "d/.wh...", ".wh.d/file"])
    func impossible(_ name: String) throws {
        let scratch = try Scratch()
        var maker = TarMaker()
        maker.add("d", .directory)
        maker.add(name)
        #expect(failure { try maker.unpack(into: try scratch.sub("out")) }?.contains("whiteout") == true)
    }
}
