import FileTree
import Fixtures
import Glibc
import OCI
import SystemPackage
import Testing

@testable import Layers

@Suite("erofs: writing")
struct ErofsEncodeTests: LayerSuite {
    let place: LayerPlace

    init() throws { place = try LayerPlace() }

    @Test("fsck.erofs accepts what was written", .enabled(if: geteuid() == 0))
    func isAccepted() throws {
        try tree.fillWithEverything()
        try shell("fsck.erofs \(scratch.blob(encodeImage(tree, as: .erofs, into: blobs)))")
    }

    @Test("content of all sizes, compressed or not, and large directories", .enabled(if: geteuid() == 0))
    func sizes() throws {
        try tree.fillWithSizes()
        let layer = try #require(try encodeImage(tree, as: .erofs, into: blobs))
        #expect(layer.descriptor.size < 1 << 20)
        let mounted = try withMounted(scratch.blob(layer), as: .erofs) { try $0.snapshot() }
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
        let layer = try #require(try encodeImage(tree, as: .erofs, into: blobs) { $0.latestTime = epoch })
        let times = try withMounted(scratch.blob(layer), as: .erofs) { mounted in
            try ["old", "new"].map { try mounted.status(FilePath($0))?.modified }
        }
        #expect(times == [before, epoch])
        try unpack(layer, from: blobs, into: out)
        #expect(try out.status("old")?.modified == before)
    }

    @Test("POSIX ACLs and many attributes are kept", .enabled(if: geteuid() == 0))
    func attributes() throws {
        try tree.put("a", String(repeating: "text", count: 10_000))
        try tree.putDirectory("d")
        try tree.setAttribute(ExtendedAttribute(name: "system.posix_acl_access", value: accessControlList), of: "a")
        for name in ["a", "d"] {
            for number in 0..<3 {
                try tree.setAttribute(
                    ExtendedAttribute(
                        name: "user.\(number)", value: [UInt8](repeating: UInt8(number), count: 700 * number)),
                    of: FilePath(name))
            }
        }
        let layer = try #require(try encodeImage(tree, as: .erofs, into: blobs))
        #expect(try withMounted(scratch.blob(layer), as: .erofs) { try $0.snapshot() } == tree.snapshot())
        try unpack(layer, from: blobs, into: out)
        #expect(try out.snapshot() == tree.snapshot())
    }
}
