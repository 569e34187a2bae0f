import Failure
import FileTree
import Fixtures
import Glibc
import OCI
import SystemPackage
import Testing

@testable import Layers

@Suite("erofs: reading")
struct ErofsReadTests: LayerSuite {
    let place: LayerPlace

    init() throws { place = try LayerPlace() }

    @Test(
        "what mkfs.erofs writes is read, in each of its forms", .enabled(if: geteuid() == 0),
        arguments: [
            "", "-zlz4hc", "-zlz4", "-zlz4hc -Elegacy-compress", "-zlz4hc -C65536", "-zlz4hc -C16384 -Elegacy-compress",
            "-Eforce-inode-extended", "-Eforce-inode-compact", "--chunksize=8192", "-x0", "-Enoinline_data",
        ])
    func foreign(options: String) throws {
        try tree.fillWithSizes()
        try tree.putSymlink("link", to: "target")
        try tree.putLink("hard", to: "random")
        try tree.putWhiteout("gone")
        try tree.setAttribute(ExtendedAttribute(name: "user.mime", value: Array("text/plain".utf8)), of: "random")
        // Not in TMPDIR: mkfs.erofs 1.5 can't write chunks on a tmpfs.
        let image = "/var/tmp/layers-image.\(getpid()).\(UInt64.random(in: 0...UInt64.max))"
        defer { unlink(image) }
        try shell("mkfs.erofs \(options) \(image) \(scratch.path("tree"))")
        try unpackBytes(bytes(image), as: .erofs, into: out)
        // The short form of an inode has no time of its own.
        let hasTimes = !options.contains("compact")
        #expect(try out.snapshot(times: hasTimes) == tree.snapshot(times: hasTimes))
    }

    @Test("a sparse file stays sparse")
    func sparse() throws {
        let sparse = try tree.openNoSymlinks("sparse", O_WRONLY | O_CREAT, mode: 0o644)
        try sparse.writeAll("start".utf8)
        try checked(ftruncate(sparse.number, 64 << 20))
        let layer = try #require(try encodeImage(tree, as: .erofs, into: blobs))
        #expect(layer.descriptor.size < 1 << 20)
        try unpack(layer, from: blobs, into: out)
        try shell("diff -r \(scratch.path("tree")) \(scratch.path("out"))")
        var status = stat()
        try checked(fstatat(out.file.number, "sparse", &status, 0))
        #expect(status.st_blocks * 512 < 2 << 20)
    }

    @Test("names that lead out are refused", arguments: ["..", "a/b", "."])
    func hostileNames(name: String) throws {
        let marker = Array(String(repeating: "Q", count: name.utf8.count).utf8)
        try tree.put(String(decoding: marker, as: UTF8.self), "text")
        let layer = try #require(try encodeImage(tree, as: .erofs, into: blobs))
        var image = try bytes(scratch.blob(layer))
        // The root's list is the last block: its names are right behind its three entries, after the dots.
        let place = image.count - 4096 + 36 + 3
        #expect(Array(image[place..<place + marker.count]) == marker)
        image.replaceSubrange(place..<place + marker.count, with: name.utf8)
        #expect(failure { try unpackBytes(image, as: .erofs, into: scratch.sub("parent/out")) } != nil)
        #expect(try scratch.sub("parent").names() == ["out"])
        #expect(try scratch.sub("parent/out").names().isEmpty)
    }
}
