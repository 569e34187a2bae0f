import FileTree
import Fixtures
import Glibc
import OCI
import SystemPackage
import Testing

@testable import Layers

@Suite("squashfs: writing")
struct SquashfsEncodeTests: LayerSuite {
    let place: LayerPlace

    init() throws { place = try LayerPlace() }

    @Test("unsquashfs reads what was written", .enabled(if: geteuid() == 0))
    func unsquashfsReads() throws {
        try tree.fillWithEverything()
        let layer = try encodeImage(tree, as: .squashfs, into: blobs)
        try shell("unsquashfs -q -n -d \(scratch.path("unpacked")) \(scratch.blob(layer))")
        let unpacked = try Directory(at: FilePath(scratch.path("unpacked"))).snapshot()
        let wanted = try asMounted(tree.snapshot())
        #expect(unpacked.filter { !$0.contains("gone") } == wanted.filter { !$0.contains("gone") })
    }

    @Test("times are clamped: before 1970, after SOURCE_DATE_EPOCH")
    func times() throws {
        try tree.put("old")
        try tree.put("new")
        try tree.setTime("old", Timestamp(seconds: -5))
        try tree.setTime("new", Timestamp(seconds: 2_000_000_000))
        let layer = try encodeImage(tree, as: .squashfs, into: blobs) {
            $0.latestTime = Timestamp(seconds: 1_700_000_000)
        }
        let listing = try shell("TZ=UTC unsquashfs -llnumeric \(scratch.blob(layer))")
        #expect(listing.contains("1970-01-01 00:00 squashfs-root/old"))
        #expect(listing.contains("2023-11-14 22:13 squashfs-root/new"))
        #expect(try shell("TZ=UTC unsquashfs -s \(scratch.blob(layer))").contains("Nov 14 22:13:20 2023"))
    }

    @Test("POSIX ACLs, which squashfs cannot hold, are left out with a warning", .enabled(if: geteuid() == 0))
    func accessControlLists() throws {
        try tree.put("a")
        try tree.setAttribute(ExtendedAttribute(name: "system.posix_acl_access", value: accessControlList), of: "a")
        let said = Texts()
        _ = try encodeImage(tree, as: .squashfs, into: blobs) { $0.warn = { said.add($0) } }
        #expect(said.all == ["left out the POSIX ACLs of a: squashfs cannot hold them"])
    }

    @Test("sets of attributes that fill their table's blocks exactly", .enabled(if: geteuid() == 0))
    func fullAttributeTable() throws {
        for number in 0..<1536 {
            try tree.put("f\(number)")
            try tree.setAttribute(
                ExtendedAttribute(name: "user.n", value: Array("\(number)".utf8)), of: FilePath("f\(number)"))
        }
        let layer = try encodeImage(tree, as: .squashfs, into: blobs)
        let values = try withMounted(scratch.blob(layer), as: .squashfs) { mounted in
            try ["f0", "f1535"].map { try mounted.attribute("user.n", of: FilePath($0)) }
        }
        #expect(values == [Array("0".utf8), Array("1535".utf8)])
    }
}
