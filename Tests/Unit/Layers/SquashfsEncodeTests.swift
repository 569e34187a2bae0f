import FileTree
import Glibc
import OCI
import SystemPackage
import Testing

@testable import Layers

@Suite("squashfs: writing")
struct SquashfsEncodeTests {
    let scratch: Scratch
    let tree: Directory
    let blobs: Directory

    init() throws {
        scratch = try Scratch()
        tree = try scratch.sub("tree")
        blobs = try scratch.sub("blobs")
    }

    @Test("the kernel reads what was written", .enabled(if: geteuid() == 0))
    func kernelReads() throws {
        try tree.fillWithEverything()
        let layer = try #require(try encodeSquashfs(tree, into: blobs))
        #expect(layer.descriptor.mediaType == .squashfsZstd)
        #expect(layer.diffID == layer.descriptor.digest)
        #expect(try shell("sha256sum <\(scratch.blob(layer)) | cut -c1-64") == layer.descriptor.digest.hex + "\n")
        #expect(layer.descriptor.size % 4096 == 0)
        let wanted = try asMounted(tree.snapshot())
        let mounted = try withMounted(scratch.blob(layer)) { try $0.snapshot() }
        #expect(mounted.filter { !$0.contains("gone") } == wanted.filter { !$0.contains("gone") })
        #expect(mounted.contains { $0.hasPrefix("bin/gone characterDevice 0 0:0") })
        let links = try withMounted(scratch.blob(layer)) { mounted in
            try (mounted.status("linked")?.links, mounted.status(".")?.links, mounted.status("ping")?.links)
        }
        #expect(links.0 == 3)
        #expect(links.1 == 2 + 5)
        #expect(links.2 == 1)
    }

    @Test("unsquashfs reads what was written", .enabled(if: geteuid() == 0))
    func unsquashfsReads() throws {
        try tree.fillWithEverything()
        let layer = try encodeSquashfs(tree, into: blobs)
        try shell("unsquashfs -q -n -d \(scratch.path("out")) \(scratch.blob(layer))")
        let out = try Directory(at: FilePath(scratch.path("out"))).snapshot()
        let wanted = try asMounted(tree.snapshot())
        #expect(out.filter { !$0.contains("gone") } == wanted.filter { !$0.contains("gone") })
    }

    @Test("one or two threads: the same bytes, and again the same bytes")
    func deterministic() throws {
        var random = SplitMix(state: 24)
        for number in 0..<60 {
            let size = number % 7 * 40_000
            let pattern = String(
                (0..<50).map { _ in Character(UnicodeScalar(UInt8.random(in: 32...126, using: &random))) })
            try tree.put("d\(number % 5)/f\(number)", String(repeating: pattern, count: size / 50) + "\(number / 2)")
        }
        let digests = try [1, 2, 2, 8].map { workers in
            try encodeSquashfs(tree, verity: true, into: blobs) { $0.workers = workers }?.descriptor.digest
        }
        #expect(Set(digests).count == 1)
        #expect(try blobs.names().count == 1)
    }

    @Test("times are clamped: before 1970, after SOURCE_DATE_EPOCH")
    func times() throws {
        try tree.put("old")
        try tree.put("new")
        try tree.setTime("old", Timestamp(seconds: -5))
        try tree.setTime("new", Timestamp(seconds: 2_000_000_000))
        let layer = try encodeSquashfs(tree, into: blobs) { $0.latestTime = Timestamp(seconds: 1_700_000_000) }
        let listing = try shell("TZ=UTC unsquashfs -llnumeric \(scratch.blob(layer))")
        #expect(listing.contains("1970-01-01 00:00 squashfs-root/old"))
        #expect(listing.contains("2023-11-14 22:13 squashfs-root/new"))
        #expect(try shell("TZ=UTC unsquashfs -s \(scratch.blob(layer))").contains("Nov 14 22:13:20 2023"))
    }

    @Test("tar and squashfs come from one walk")
    func bothFromOneWalk() throws {
        try tree.put("a/b", "text")
        try tree.put("c", String(repeating: "long ", count: 100_000))
        let layers = try #require(try encodeLayer(tree, as: [.tar(), .squashfs(verity: true)], into: blobs))
        #expect(layers.map(\.descriptor.mediaType) == [.tarGzip, .squashfsZstd])
        let alone = try [encode(tree, into: blobs), encodeSquashfs(tree, verity: true, into: blobs)]
        #expect(layers == alone)
    }

    @Test("a tree that holds nothing adds no layer")
    func nothing() throws {
        #expect(try encodeSquashfs(tree, into: blobs) == nil)
        #expect(try blobs.names().isEmpty)
    }

    @Test("a failure leaves no file behind")
    func failureLeavesNothing() throws {
        struct Stop: Error {}
        try tree.put("a/large", String(repeating: "x", count: 3_000_000))
        // The walk looks up at every sixteenth name.
        for number in 0..<20 { try tree.put("b/next-\(number)") }
        let calls = Texts()
        #expect(throws: Stop.self) {
            _ = try encodeSquashfs(tree, into: blobs) {
                $0.checkpoint = {
                    calls.add("")
                    // At the start, and then in b: blocks are on their way.
                    if calls.all.count == 2 { throw Stop() }
                }
            }
        }
        #expect(try blobs.names().isEmpty)
    }

    @Test("POSIX ACLs, which squashfs cannot hold, are left out with a warning", .enabled(if: geteuid() == 0))
    func accessControlLists() throws {
        try tree.put("a")
        let acl: [UInt8] =
            [2, 0, 0, 0] + [1, 0, 6, 0, 255, 255, 255, 255] + [2, 0, 4, 0, 0xe8, 3, 0, 0]
            + [4, 0, 4, 0, 255, 255, 255, 255] + [0x10, 0, 4, 0, 255, 255, 255, 255] + [
                0x20, 0, 4, 0, 255, 255, 255, 255,
            ]
        try tree.setAttribute(ExtendedAttribute(name: "system.posix_acl_access", value: acl), of: "a")
        let said = Texts()
        _ = try encodeSquashfs(tree, into: blobs) { $0.warn = { said.add($0) } }
        #expect(said.all == ["left out the POSIX ACLs of a: squashfs cannot hold them"])
    }

    @Test("sets of attributes that fill their table's blocks exactly", .enabled(if: geteuid() == 0))
    func fullAttributeTable() throws {
        for number in 0..<1536 {
            try tree.put("f\(number)")
            try tree.setAttribute(
                ExtendedAttribute(name: "user.n", value: Array("\(number)".utf8)), of: FilePath("f\(number)"))
        }
        let layer = try encodeSquashfs(tree, into: blobs)
        let values = try withMounted(scratch.blob(layer)) { mounted in
            try ["f0", "f1535"].map { try mounted.attribute("user.n", of: FilePath($0)) }
        }
        #expect(values == [Array("0".utf8), Array("1535".utf8)])
    }
}
