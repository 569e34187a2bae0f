import Failure
import FileTree
import Fixtures
import Glibc
import OCI
import SystemPackage
import Testing

@testable import Layers

@Suite("squashfs: reading")
struct SquashfsReadTests: LayerSuite {
    let place: LayerPlace

    init() throws { place = try LayerPlace() }

    @Test(
        "what mksquashfs writes is read, with every compression", .enabled(if: geteuid() == 0),
        arguments: ["gzip", "zstd", "xz", "lz4"])
    func foreign(compression: String) throws {
        try tree.fillWithEverything()
        try tree.put("large", String(repeating: "0123456789abcde\n", count: 50_000))
        let image = scratch.path("image")
        try shell("mksquashfs \(scratch.path("tree")) \(image) -comp \(compression) -quiet -no-progress")
        try unpackBytes(bytes(image), as: compression == "gzip" ? .squashfsGzip : .squashfs, into: out)
        #expect(try out.snapshot() == tree.snapshot())
    }

    @Test("a large file, a sparse one, many small ones and equal ones")
    func sizes() throws {
        let random = try tree.openNoSymlinks("random", O_WRONLY | O_CREAT, mode: 0o644)
        var generator = SplitMix(state: 25)
        var piece = [UInt64](repeating: 0, count: 128 << 10)
        for index in piece.indices { piece[index] = generator.next() }
        for _ in 0..<105 { try piece.withUnsafeBytes { try random.writeAll($0) } }
        let sparse = try tree.openNoSymlinks("sparse", O_WRONLY | O_CREAT, mode: 0o644)
        try sparse.writeAll("start".utf8)
        try checked(ftruncate(sparse.number, 64 << 20))
        for number in 0..<200 {
            try tree.put("small/\(number)", String(repeating: "\(number % 20)", count: number * 7))
        }
        let layer = try #require(try encodeImage(tree, as: .squashfs, into: blobs))
        // The mebibyte is random, but comes 105 times: not in one file, which squashfs does not look into.
        #expect(layer.descriptor.size > 105 << 20)
        try unpack(layer, from: blobs, into: out)
        try shell("diff -r \(scratch.path("tree")) \(scratch.path("out"))")
        #expect(try out.file.status().links == 3)
        var status = stat()
        try checked(fstatat(out.file.number, "sparse", &status, 0))
        #expect(status.st_blocks * 512 < 1 << 20)
    }

    @Test("names that lead out are refused", arguments: ["..", "a/b", "."])
    func hostileNames(name: String) throws {
        // Stored as it is, the name can be changed in place.
        let marker = String(repeating: "Q", count: name.utf8.count)
        try tree.put(marker, "text")
        let image = scratch.path("image")
        try shell("mksquashfs \(scratch.path("tree")) \(image) -noI -quiet -no-progress -no-xattrs")
        var stored = try bytes(image)
        let start = stored[72..<80].reversed().reduce(0) { $0 << 8 | Int($1) }
        // The directory table: a block's header, the listing's header, one entry.
        let place = start + 2 + 12 + 8
        #expect(Array(stored[place..<place + marker.utf8.count]) == Array(marker.utf8))
        stored.replaceSubrange(place..<place + name.utf8.count, with: name.utf8)
        let said = failure { try unpackBytes(stored, as: .squashfs, into: scratch.sub("parent/out")) }
        #expect(said?.contains("is no name that a file can have") == true)
    }
}
