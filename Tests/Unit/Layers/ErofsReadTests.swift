import Failure
import FileTree
import Glibc
import OCI
import SystemPackage
import Testing

@testable import Layers

@Suite("erofs: reading")
struct ErofsReadTests {
    let scratch: Scratch
    let tree: Directory
    let blobs: Directory
    let out: Directory

    init() throws {
        scratch = try Scratch()
        tree = try scratch.sub("tree")
        blobs = try scratch.sub("blobs")
        out = try scratch.sub("out")
    }

    private func bytes(_ path: String) throws -> [UInt8] {
        try OpenFile(FilePath(path), O_RDONLY).readToEnd(limit: 1 << 30)
    }

    @Test("what was written is read back, whiteouts and opaque directories too", .enabled(if: geteuid() == 0))
    func roundTrip() throws {
        try tree.fillWithEverything()
        try tree.fillWithSizes()
        let layer = try #require(try encodeErofs(tree, verity: true, into: blobs))
        let report = try unpack(layer, from: blobs, into: out)
        #expect(report.leftOutAttributes.count == 0)
        #expect(report.entries == layer.entries + 1)
        #expect(try out.snapshot() == tree.snapshot())
    }

    @Test("tree to erofs to tree to tar is tree to tar", .enabled(if: geteuid() == 0))
    func roundTripToTar() throws {
        try tree.fillWithEverything()
        let layer = try #require(try encodeErofs(tree, into: blobs))
        try unpack(layer, from: blobs, into: out)
        let (direct, again) = try (encode(tree, into: blobs), encode(out, into: blobs))
        #expect(direct == again)
    }

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
        try unpackErofs(bytes(image), into: out)
        // The short form of an inode has no time of its own.
        let hasTimes = !options.contains("compact")
        #expect(try out.snapshot(times: hasTimes) == tree.snapshot(times: hasTimes))
    }

    @Test("a sparse file stays sparse")
    func sparse() throws {
        let sparse = try tree.openNoSymlinks("sparse", O_WRONLY | O_CREAT, mode: 0o644)
        try sparse.writeAll("start".utf8)
        try checked(ftruncate(sparse.number, 64 << 20))
        let layer = try #require(try encodeErofs(tree, into: blobs))
        #expect(layer.descriptor.size < 1 << 20)
        try unpack(layer, from: blobs, into: out)
        try shell("diff -r \(scratch.path("tree")) \(scratch.path("out"))")
        var status = stat()
        try checked(fstatat(out.file.number, "sparse", &status, 0))
        #expect(status.st_blocks * 512 < 2 << 20)
    }

    // MARK: - Damage and malice

    @Test("a damaged image never does worse than fail")
    func damage() throws {
        for number in 0..<30 {
            try tree.put("d\(number % 3)/f\(number)", String(repeating: "text \(number)\n", count: number * 90))
        }
        try tree.putSymlink("link", to: "target")
        try tree.putLink("hard", to: "d0/f0")
        try tree.put("attributes")
        for number in 0..<20 {
            let value = Array(String(repeating: "v", count: 40).utf8)
            try tree.setAttribute(ExtendedAttribute(name: "user.n\(number)", value: value), of: "attributes")
        }
        let layer = try #require(try encodeErofs(tree, into: blobs))
        let good = try bytes(scratch.blob(layer))
        var options = UnpackOptions()
        options.limits.bytes = 1 << 30
        var refused = 0
        // Every byte of the superblock and of the first inode, and places all over the rest.
        let places = Array(1024..<1216) + stride(from: 1216, to: good.count, by: max(1, good.count / 100))
        for (number, place) in places.enumerated() {
            var bytes = good
            bytes[place] ^= number % 2 == 0 ? 0xff : UInt8(1 << (number % 8))
            let said = failure { try unpackErofs(bytes, into: scratch.sub("damaged\(number)"), options: options) }
            // The superblock has a checksum, unless the byte that says so is changed.
            if place < 1152, place != 1032 { #expect(said != nil) }
            if said != nil { refused += 1 }
        }
        #expect(refused > 128)
        for length in stride(from: 0, to: good.count, by: max(1, good.count / 40)) {
            let said = failure { try unpackErofs(Array(good[..<length]), into: scratch.sub("short\(length)")) }
            #expect(said != nil)
        }
    }

    @Test("names that lead out are refused", arguments: ["..", "a/b", "."])
    func hostileNames(name: String) throws {
        let marker = Array(String(repeating: "Q", count: name.utf8.count).utf8)
        try tree.put(String(decoding: marker, as: UTF8.self), "text")
        let layer = try #require(try encodeErofs(tree, into: blobs))
        var image = try bytes(scratch.blob(layer))
        // The root's list is the last block: its names are right behind its three entries, after the dots.
        let place = image.count - 4096 + 36 + 3
        #expect(Array(image[place..<place + marker.count]) == marker)
        image.replaceSubrange(place..<place + marker.count, with: name.utf8)
        #expect(failure { try unpackErofs(image, into: scratch.sub("parent/out")) } != nil)
        #expect(try scratch.sub("parent").names() == ["out"])
        #expect(try scratch.sub("parent/out").names().isEmpty)
    }

    @Test("more entries or bytes than the limits allow are refused")
    func limits() throws {
        try tree.put("a", String(repeating: "x", count: 5000))
        try tree.put("b", String(repeating: "x", count: 5000))
        let layer = try #require(try encodeErofs(tree, into: blobs))
        var options = UnpackOptions()
        options.limits.bytes = 9999
        let tooLong = failure { try unpack(layer, from: blobs, into: scratch.sub("1"), options: options) }
        #expect(tooLong?.contains("unpacks to more than") == true)
        options = UnpackOptions()
        options.limits.entries = 2
        let tooMany = failure { try unpack(layer, from: blobs, into: scratch.sub("2"), options: options) }
        #expect(tooMany?.contains("more than 2 entries") == true)
    }

    // MARK: - dm-verity

    @Test("veritysetup and we accept the tree, and no other", arguments: [0, 300_000, 1_500_000])
    func verity(count: Int) throws {
        var generator = SplitMix(state: 22)
        try tree.put(
            "file",
            String(decoding: (0..<count).map { _ in UInt8.random(in: 33...126, using: &generator) }, as: UTF8.self))
        let layer = try #require(try encodeErofs(tree, verity: true, into: blobs))
        let root = try #require(VerityAnnotation.rootHash(in: layer.descriptor.annotations))
        let image = scratch.blob(layer)
        let size = try ErofsStoredImage.paddedSize(OpenFile(FilePath(image), O_RDONLY), size: layer.descriptor.size)
        try shell("veritysetup verify \(image) \(image) \(root) --hash-offset=\(size)")
        try unpack(layer, from: blobs, into: out)
        var damaged = try bytes(image)
        damaged[Int(size) - 1] ^= 1
        let digest = Digest(of: damaged)
        var descriptor = layer.descriptor
        (descriptor.digest, descriptor.size) = (digest, Int64(damaged.count))
        let (refused, file) = (descriptor, try temporaryFile(damaged))
        let said = failure { _ = try unpackLayer(file, refused, diffID: digest, into: scratch.sub("damaged")) }
        #expect(said?.contains("couldn't verify its dm-verity tree") == true)
        #expect(try scratch.sub("damaged").names().isEmpty)
    }
}
