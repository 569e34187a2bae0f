import FileTree
import Fixtures
import Glibc
import SystemPackage
import Testing

@testable import Layers

@Suite("images: writing")
struct ImageEncodeTests: LayerSuite {
    let place: LayerPlace

    init() throws { place = try LayerPlace() }

    @Test("the kernel reads what was written", .enabled(if: geteuid() == 0), arguments: ImageFormat.allCases)
    func kernelReads(format: ImageFormat) throws {
        try tree.fillWithEverything()
        let layer = try #require(try encodeImage(tree, as: format, into: blobs))
        #expect(layer.descriptor.mediaType == format.mediaType)
        #expect(layer.diffID == layer.descriptor.digest)
        #expect(try shell("sha256sum <\(scratch.blob(layer)) | cut -c1-64") == layer.descriptor.digest.hex + "\n")
        #expect(layer.descriptor.size % 4096 == 0)
        let wanted = try asMounted(tree.snapshot())
        let mounted = try withMounted(scratch.blob(layer), as: format) { try $0.snapshot() }
        #expect(mounted.filter { !$0.contains("gone") } == wanted.filter { !$0.contains("gone") })
        #expect(mounted.contains { $0.hasPrefix("bin/gone characterDevice 0 0:0") })
        let links = try withMounted(scratch.blob(layer), as: format) { mounted in
            try (mounted.status("linked")?.links, mounted.status(".")?.links, mounted.status("ping")?.links)
        }
        #expect(links.0 == 3)
        #expect(links.1 == 2 + 5)
        #expect(links.2 == 1)
    }

    @Test(
        "overlayfs respects whiteouts and opaque directories of it, also where they hide nothing",
        .enabled(if: geteuid() == 0),
        arguments: ImageFormat.allCases)
    func overlay(format: ImageFormat) throws {
        let lower = try scratch.sub("lower")
        try lower.put("bin/gone")
        try lower.put("opaque/old")
        _ = try scratch.sub("bare")
        try tree.fillWithEverything()
        let layer = try #require(try encodeImage(tree, as: format, into: blobs))
        for (option, lower) in [("", "lower"), (",userxattr", "lower"), ("", "bare"), (",userxattr", "bare")] {
            let seen = try withMounted(scratch.blob(layer), as: format) { mounted in
                let point = "/proc/\(getpid())/fd/\(mounted.file.number)"
                let (below, merged) = (scratch.path(lower), scratch.path("merged"))
                try shell("mkdir -p \(merged)")
                try shell("mount -t overlay overlay -o lowerdir=\(point):\(below)\(option) \(merged)")
                defer { _ = try? shell("umount --lazy \(merged)") }
                return try shell("cd \(merged); ls bin opaque")
            }
            #expect(!seen.contains("gone") && !seen.contains("old") && seen.contains("new") && seen.contains("su"))
        }
    }

    @Test("one or two threads: the same bytes, and again the same bytes", arguments: ImageFormat.allCases)
    func deterministic(format: ImageFormat) throws {
        try tree.fillWithSizes()
        for number in 0..<60 {
            let text = String(repeating: randomText(50, seed: UInt64(number) + 105), count: number % 7 * 800)
            try tree.put("d\(number % 5)/f\(number)", text + "\(number / 2)")
        }
        let digests = try [1, 2, 2, 8].map { workers in
            try encodeImage(tree, as: format, verity: true, into: blobs) { $0.workers = workers }?.descriptor.digest
        }
        #expect(Set(digests).count == 1)
        #expect(try blobs.names().count == 1)
    }

    @Test(
        "layers of several formats come from one walk",
        arguments: [[.tar(), .squashfs()], [.erofs(), .tar(), .squashfs(verity: false)]] as [[LayerFormat]])
    func oneWalk(formats: [LayerFormat]) throws {
        try tree.put("a/b", "text")
        try tree.put("c", String(repeating: "long ", count: 100_000))
        let layers = try #require(try encodeLayer(tree, as: formats, into: blobs))
        #expect(layers == (try formats.map { try encode(tree, as: $0, into: blobs) }))
    }

    @Test("a tree that holds nothing adds no layer", arguments: ImageFormat.allCases)
    func nothing(format: ImageFormat) throws {
        #expect(try encodeImage(tree, as: format, into: blobs) == nil)
        #expect(try blobs.names().isEmpty)
    }

    @Test("a failure leaves no file behind", arguments: ImageFormat.allCases)
    func failureLeavesNothing(format: ImageFormat) throws {
        struct Stop: Error {}
        try tree.put("a/large", String(repeating: "x", count: 3_000_000))
        // The walk looks up at every sixteenth name.
        for number in 0..<20 { try tree.put("b/next-\(number)") }
        let calls = Texts()
        #expect(throws: Stop.self) {
            _ = try encodeImage(tree, as: format, into: blobs) {
                $0.checkpoint = {
                    calls.add("")
                    // At the start, and then in b: blocks are on their way.
                    if calls.all.count == 2 { throw Stop() }
                }
            }
        }
        #expect(try blobs.names().isEmpty)
    }
}
