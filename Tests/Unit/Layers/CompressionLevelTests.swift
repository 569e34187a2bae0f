import Failure
import FileTree
import Fixtures
import Glibc
import OCI
import SystemPackage
import Testing

@testable import Layers

@Suite("levels of compression")
struct CompressionLevelTests: LayerSuite {
    let place: LayerPlace

    init() throws { place = try LayerPlace() }

    /// Numbers in words: much to find for who looks long.
    private func fillWithText() throws {
        for number in 0..<6 {
            let lines = (0..<4000).map { "line \($0 * 7919 % 4001) of \(number): \($0 * $0 % 977) and \($0 % 13)\n" }
            try tree.put("text-\(number)", lines.joined())
        }
        try tree.put("random", randomText(300_000, seed: 106))
    }

    @Test(
        "the kernel reads an image of every level", .enabled(if: geteuid() == 0),
        arguments: ImageFormat.allCases.map { ($0, Effort.some(of: $0.levels.possible)) })
    func kernelReads(format: ImageFormat, levels: [Int]) throws {
        try tree.fillWithSizes()
        let wanted = try tree.snapshot()
        for level in levels {
            let layer = try encode(tree, as: format.layer(verity: false, level: level), into: blobs)
            let mounted = try withMounted(scratch.blob(layer), as: format) { try $0.snapshot() }
            #expect(mounted == wanted, "level \(level)")
        }
    }

    @Test("so do the tools of each format, and an unpacked layer is the tree", .enabled(if: geteuid() == 0))
    func toolsRead() throws {
        try fillWithText()
        for level in [1, 9, 10, 14, 22] {
            let layer = try #require(try encode(tree, as: .squashfs(level: level), into: blobs))
            let unpacked = scratch.path("unpacked-\(level)")
            try shell("unsquashfs -q -n -d \(unpacked) \(scratch.blob(layer))")
            #expect(try Directory(at: FilePath(unpacked)).snapshot() == tree.snapshot(), "level \(level)")
        }
        for level in [0, 1, 9, 12] {
            let layer = try #require(try encode(tree, as: .erofs(level: level), into: blobs))
            try shell("fsck.erofs --extract \(scratch.blob(layer))")
        }
        for format in [.squashfs(level: 1), .squashfs(level: 22), .erofs(level: 0), .erofs(level: 12)] as [LayerFormat]
        {
            let target = try scratch.sub("out-\(format)")
            try unpack(#require(try encode(tree, as: format, into: blobs)), from: blobs, into: target)
            #expect(try target.snapshot() == tree.snapshot(), "\(format)")
        }
    }

    @Test("a lower level is larger, the standard one says nothing, and each gives the same bytes again")
    func sizes() throws {
        try fillWithText()
        func size(_ format: LayerFormat) throws -> Int64 {
            let layer = try #require(try encode(tree, as: format, into: blobs) { $0.workers = 1 })
            #expect(try encode(tree, as: format, into: blobs) { $0.workers = 3 } == layer)
            return layer.descriptor.size
        }
        let squashfs = try [1, 6, CompressionLevels.squashfs.standard].map { try size(.squashfs(level: $0)) }
        #expect(squashfs[0] > squashfs[1] && squashfs[1] > squashfs[2])
        let erofs = try [0, 1, CompressionLevels.erofs.standard].map { try size(.erofs(level: $0)) }
        #expect(erofs[0] > erofs[1] && erofs[1] > erofs[2])
        let standard = try encode(tree, as: .squashfs(level: CompressionLevels.squashfs.standard), into: blobs)
        #expect(try encode(tree, as: .squashfs(), into: blobs) == standard)
    }

    @Test("a superblock says the level, but for the standard one", .enabled(if: geteuid() == 0))
    func superblock() throws {
        try tree.put("file", "text")
        for level in [1, 15, 22] {
            let layer = try encode(tree, as: .squashfs(level: level), into: blobs)
            #expect(try shell("unsquashfs -stat \(scratch.blob(layer))").contains("compression-level \(level)\n"))
        }
        let layer = try encode(tree, as: .squashfs(), into: blobs)
        let flags = try bytes(scratch.blob(layer)).number(UInt16.self, at: 24)
        #expect(flags & 0x400 == 0)
    }

    @Test(
        "a level that there is not is refused, and leaves no file",
        arguments: [
            .tar(.gzip(level: 0)), .tar(.gzip(level: 13)), .tar(.zstd(level: 20)), .squashfs(level: 0),
            .squashfs(level: 23), .erofs(level: -1), .erofs(level: 13),
        ] as [LayerFormat])
    func refused(format: LayerFormat) throws {
        try tree.put("file", "text")
        let failure = #expect(throws: Failure.self) { try encode(tree, as: format, into: blobs) }
        #expect(failure.map { "\($0)" }?.contains("has no compression level") == true)
        #expect(try blobs.names().isEmpty)
    }
}
