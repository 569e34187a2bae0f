import FileTree
import Glibc
import OCI
import SystemPackage
import Testing

@testable import Layers

@Suite("erofs: writing")
struct ErofsEncodeTests {
    let scratch: Scratch
    let tree: Directory
    let blobs: Directory

    init() throws {
        scratch = try Scratch()
        tree = try scratch.sub("tree")
        blobs = try scratch.sub("blobs")
    }

    @Test("the kernel reads what was written, and fsck.erofs accepts it", .enabled(if: geteuid() == 0))
    func kernelReads() throws {
        try tree.fillWithEverything()
        let layer = try #require(try encodeErofs(tree, into: blobs))
        #expect(layer.descriptor.mediaType == .erofs)
        #expect(layer.diffID == layer.descriptor.digest)
        #expect(try shell("sha256sum <\(scratch.blob(layer)) | cut -c1-64") == layer.descriptor.digest.hex + "\n")
        #expect(layer.descriptor.size % 4096 == 0)
        let wanted = try asMounted(tree.snapshot())
        let mounted = try withMounted(scratch.blob(layer), as: "erofs") { try $0.snapshot() }
        #expect(mounted.filter { !$0.contains("gone") } == wanted.filter { !$0.contains("gone") })
        #expect(mounted.contains { $0.hasPrefix("bin/gone characterDevice 0 0:0") })
        let links = try withMounted(scratch.blob(layer), as: "erofs") { mounted in
            try (mounted.status("linked")?.links, mounted.status(".")?.links, mounted.status("ping")?.links)
        }
        #expect(links.0 == 3)
        #expect(links.1 == 2 + 5)
        #expect(links.2 == 1)
        try shell("fsck.erofs \(scratch.blob(layer))")
    }

    @Test("content of all sizes, compressed or not, and large directories", .enabled(if: geteuid() == 0))
    func sizes() throws {
        try tree.fillWithSizes()
        let layer = try #require(try encodeErofs(tree, into: blobs))
        #expect(layer.descriptor.size < 1 << 20)
        let mounted = try withMounted(scratch.blob(layer), as: "erofs") { try $0.snapshot() }
        #expect(try mounted == tree.snapshot())
        try shell("fsck.erofs --extract \(scratch.blob(layer))")
    }

    @Test("times have nanoseconds, and are clamped to SOURCE_DATE_EPOCH", .enabled(if: geteuid() == 0))
    func times() throws {
        try tree.put("old")
        try tree.put("new")
        let before = Timestamp(seconds: -5, nanoseconds: 123_456_789)
        try tree.setTime("old", before)
        try tree.setTime("new", Timestamp(seconds: 2_000_000_000, nanoseconds: 1))
        let epoch = Timestamp(seconds: 1_700_000_000)
        let layer = try #require(try encodeErofs(tree, into: blobs) { $0.latestTime = epoch })
        let times = try withMounted(scratch.blob(layer), as: "erofs") { mounted in
            try ["old", "new"].map { try mounted.status(FilePath($0))?.modified }
        }
        #expect(times == [before, epoch])
        let out = try scratch.sub("out")
        try unpack(layer, from: blobs, into: out)
        #expect(try out.status("old")?.modified == before)
    }

    @Test("one or two threads: the same bytes, and again the same bytes")
    func deterministic() throws {
        try tree.fillWithSizes()
        let digests = try [1, 2, 2, 8].map { workers in
            try encodeErofs(tree, verity: true, into: blobs) { $0.workers = workers }?.descriptor.digest
        }
        #expect(Set(digests).count == 1)
        #expect(try blobs.names().count == 1)
    }

    @Test("tar, squashfs and erofs come from one walk")
    func allFromOneWalk() throws {
        try tree.put("a/b", "text")
        try tree.put("c", String(repeating: "long ", count: 100_000))
        let layers = try #require(try encodeLayer(tree, as: [.erofs(), .tar(), .squashfs()], into: blobs))
        #expect(layers.map(\.descriptor.mediaType) == [.erofs, .tarGzip, .squashfsZstd])
        #expect(try layers.first == encodeErofs(tree, verity: true, into: blobs))
    }

    @Test("POSIX ACLs and many attributes are kept", .enabled(if: geteuid() == 0))
    func attributes() throws {
        try tree.put("a", String(repeating: "text", count: 10_000))
        try tree.putDirectory("d")
        let acl: [UInt8] =
            [2, 0, 0, 0] + [1, 0, 6, 0, 255, 255, 255, 255] + [2, 0, 4, 0, 0xe8, 3, 0, 0]
            + [4, 0, 4, 0, 255, 255, 255, 255] + [0x10, 0, 4, 0, 255, 255, 255, 255] + [
                0x20, 0, 4, 0, 255, 255, 255, 255,
            ]
        try tree.setAttribute(ExtendedAttribute(name: "system.posix_acl_access", value: acl), of: "a")
        for name in ["a", "d"] {
            for number in 0..<3 {
                try tree.setAttribute(
                    ExtendedAttribute(
                        name: "user.\(number)", value: [UInt8](repeating: UInt8(number), count: 700 * number)),
                    of: FilePath(name))
            }
        }
        let layer = try #require(try encodeErofs(tree, into: blobs))
        #expect(try withMounted(scratch.blob(layer), as: "erofs") { try $0.snapshot() } == tree.snapshot())
        let out = try scratch.sub("out")
        try unpack(layer, from: blobs, into: out)
        #expect(try out.snapshot() == tree.snapshot())
    }

    @Test("a tree that holds nothing adds no layer, and a failure leaves no file behind")
    func nothingLeft() throws {
        struct Stop: Error {}
        #expect(try encodeErofs(tree, into: blobs) == nil)
        try tree.put("a/large", String(repeating: "x", count: 3_000_000))
        // The walk looks up at every sixteenth name.
        for number in 0..<20 { try tree.put("b/next-\(number)") }
        let calls = Texts()
        #expect(throws: Stop.self) {
            _ = try encodeErofs(tree, into: blobs) {
                $0.checkpoint = {
                    calls.add("")
                    if calls.all.count == 2 { throw Stop() }
                }
            }
        }
        #expect(try blobs.names().isEmpty)
    }

    @Test("overlayfs respects whiteouts and opaque directories of it", .enabled(if: geteuid() == 0))
    func overlay() throws {
        let lower = try scratch.sub("lower")
        try lower.put("bin/gone")
        try lower.put("opaque/old")
        try tree.fillWithEverything()
        let layer = try #require(try encodeErofs(tree, into: blobs))
        for option in ["", ",userxattr"] {
            let seen = try withMounted(scratch.blob(layer), as: "erofs") { mounted in
                let point = "/proc/\(getpid())/fd/\(mounted.file.number)"
                let (below, merged) = (scratch.path("lower"), scratch.path("merged"))
                try shell("mkdir -p \(merged)")
                try shell("mount -t overlay overlay -o lowerdir=\(point):\(below)\(option) \(merged)")
                defer { _ = try? shell("umount --lazy \(merged)") }
                return try shell("cd \(merged); ls bin opaque")
            }
            #expect(!seen.contains("gone") && !seen.contains("old") && seen.contains("new") && seen.contains("su"))
        }
    }
}
