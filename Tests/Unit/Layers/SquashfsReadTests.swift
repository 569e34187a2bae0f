import Failure
import FileTree
import Glibc
import OCI
import SystemPackage
import Testing

@testable import Layers

@Suite("squashfs: reading")
struct SquashfsReadTests {
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

    /// Unpacks an image that another program made, as a layer whose digest is right.
    @discardableResult
    private func unpackImage(
        _ path: String, _ type: MediaType = .squashfs, options: UnpackOptions = UnpackOptions()
    ) throws -> UnpackReport {
        let file = try OpenFile(FilePath(path), O_RDONLY)
        let bytes = try file.readToEnd(limit: 1 << 30)
        return try unpackLayer(
            file, Descriptor(mediaType: type, digest: Digest(of: bytes), size: Int64(bytes.count)),
            diffID: Digest(of: bytes), into: out, options: options)
    }

    @Test("what was written is read back, whiteouts and opaque directories too", .enabled(if: geteuid() == 0))
    func roundTrip() throws {
        try tree.fillWithEverything()
        let layer = try #require(try encodeSquashfs(tree, verity: true, into: blobs))
        let report = try unpack(layer, from: blobs, into: out)
        #expect(report.leftOutAttributes.count == 0)
        #expect(report.entries == layer.entries + 1)
        #expect(try out.snapshot() == tree.snapshot())
    }

    @Test("tree to squashfs to tree to tar is tree to tar", .enabled(if: geteuid() == 0))
    func roundTripToTar() throws {
        try tree.fillWithEverything()
        let layer = try #require(try encodeSquashfs(tree, into: blobs))
        try unpack(layer, from: blobs, into: out)
        let (direct, again) = try (encode(tree, into: blobs), encode(out, into: blobs))
        #expect(direct == again)
    }

    @Test(
        "what mksquashfs writes is read, with every compression", .enabled(if: geteuid() == 0),
        arguments: ["gzip", "zstd", "xz", "lz4"])
    func foreign(compression: String) throws {
        try tree.fillWithEverything()
        try tree.put("large", String(repeating: "0123456789abcde\n", count: 50_000))
        let image = scratch.path("image")
        try shell("mksquashfs \(scratch.path("tree")) \(image) -comp \(compression) -quiet -no-progress")
        try unpackImage(image, compression == "gzip" ? .squashfsGzip : .squashfs)
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
        let layer = try #require(try encodeSquashfs(tree, into: blobs))
        // The mebibyte is random, but comes 105 times: not in one file, which squashfs does not look into.
        #expect(layer.descriptor.size > 105 << 20)
        try unpack(layer, from: blobs, into: out)
        try shell("diff -r \(scratch.path("tree")) \(scratch.path("out"))")
        #expect(try out.file.status().links == 3)
        var status = stat()
        try checked(fstatat(out.file.number, "sparse", &status, 0))
        #expect(status.st_blocks * 512 < 1 << 20)
    }

    @Test("an ordinary tree that leaves whiteouts out")
    func leaveOut() throws {
        try tree.put("kept")
        try tree.putDirectory("opaque")
        try tree.setAttribute(ExtendedAttribute(name: "user.overlay.opaque", value: [UInt8(ascii: "y")]), of: "opaque")
        let layer = try #require(try encodeSquashfs(tree, into: blobs))
        let report = try unpack(layer, from: blobs, into: out, options: .treeThatStandsAlone)
        #expect(report.leftOutWhiteouts.examples == ["opaque"])
        #expect(try out.attribute("user.overlay.opaque", of: "opaque") == nil)
    }

    // MARK: - Damage and malice

    @Test("a blob of another digest is refused, and says so")
    func wrongDigest() throws {
        try tree.put("a", "text")
        let layer = try #require(try encodeSquashfs(tree, into: blobs))
        var bytes = try OpenFile(FilePath(scratch.blob(layer)), O_RDONLY).readToEnd(limit: 1 << 20)
        bytes[200] ^= 1
        let said = failure {
            _ = try unpackLayer(
                temporaryFile(bytes), layer.descriptor, diffID: layer.diffID, into: out)
        }
        #expect(said?.contains("the blob is damaged") == true)
        let short = failure {
            _ = try unpackLayer(
                temporaryFile(bytes.dropLast(4096)), layer.descriptor, diffID: layer.diffID, into: out)
        }
        #expect(short?.contains("bytes long, but its descriptor says") == true)
    }

    @Test("a damaged image never does worse than fail")
    func damage() throws {
        for number in 0..<30 {
            try tree.put("d\(number % 3)/f\(number)", String(repeating: "text \(number)\n", count: number * 9))
        }
        try tree.putSymlink("link", to: "target")
        try tree.putLink("hard", to: "d0/f0")
        try tree.put("attributes")
        for number in 0..<20 {
            let value = Array(String(repeating: "v", count: 40).utf8)
            try tree.setAttribute(ExtendedAttribute(name: "user.n\(number)", value: value), of: "attributes")
        }
        let layer = try #require(try encodeSquashfs(tree, into: blobs))
        let good = try OpenFile(FilePath(scratch.blob(layer)), O_RDONLY).readToEnd(limit: 1 << 20)
        let used = good[40..<48].reversed().reduce(0) { $0 << 8 | Int($1) }
        var refused = 0
        // Every byte of the superblock, and places all over the rest.
        let places = Array(0..<96) + stride(from: 96, to: used, by: max(1, used / 150))
        for (number, place) in places.enumerated() {
            var bytes = good
            bytes[place] ^= number % 2 == 0 ? 0xff : UInt8(1 << (number % 8))
            let target = try scratch.sub("damaged\(number)")
            let said = failure { try unpackBytes(bytes, into: target) }
            if said != nil { refused += 1 }
        }
        #expect(refused > places.count / 2)
        for length in stride(from: 0, to: used, by: max(1, used / 40)) {
            let target = try scratch.sub("short\(length)")
            let said = failure { try unpackBytes(Array(good[..<length]), into: target) }
            #expect(said != nil)
        }
    }

    private func unpackBytes(_ bytes: [UInt8], into target: Directory) throws {
        let digest = Digest(of: bytes)
        var options = UnpackOptions()
        options.limits.bytes = 1 << 30
        _ = try unpackLayer(
            temporaryFile(bytes), Descriptor(mediaType: .squashfsZstd, digest: digest, size: Int64(bytes.count)),
            diffID: digest, into: target, options: options)
    }

    @Test("names that lead out are refused", arguments: ["..", "a/b", "."])
    func hostileNames(name: String) throws {
        // Stored as it is, the name can be changed in place.
        let marker = String(repeating: "Q", count: name.utf8.count)
        try tree.put(marker, "text")
        let image = scratch.path("image")
        try shell("mksquashfs \(scratch.path("tree")) \(image) -noI -quiet -no-progress -no-xattrs")
        var bytes = try OpenFile(FilePath(image), O_RDONLY).readToEnd(limit: 1 << 20)
        let start = bytes[72..<80].reversed().reduce(0) { $0 << 8 | Int($1) }
        // The directory table: a block's header, the listing's header, one entry.
        let place = start + 2 + 12 + 8
        #expect(Array(bytes[place..<place + marker.utf8.count]) == Array(marker.utf8))
        bytes.replaceSubrange(place..<place + name.utf8.count, with: name.utf8)
        let said = failure { try unpackBytes(bytes, into: scratch.sub("parent/out")) }
        #expect(said?.contains("is no name that a file can have") == true)
    }

    @Test("more entries or bytes than the limits allow are refused")
    func limits() throws {
        try tree.put("a", String(repeating: "x", count: 5000))
        try tree.put("b", String(repeating: "x", count: 5000))
        let layer = try #require(try encodeSquashfs(tree, into: blobs))
        var options = UnpackOptions()
        options.limits.bytes = 9999
        let tooLong = failure { try unpack(layer, from: blobs, into: scratch.sub("1"), options: options) }
        #expect(tooLong?.contains("unpacks to more than") == true)
        options = UnpackOptions()
        options.limits.entries = 2
        let tooMany = failure { try unpack(layer, from: blobs, into: scratch.sub("2"), options: options) }
        #expect(tooMany?.contains("more than 2 entries") == true)
    }
}
