import FileTree
import Fixtures
import Glibc
import OCI
import SystemPackage
import Testing

@testable import Layers

@Suite("images: reading")
struct ImageReadTests: LayerSuite {
    let place: LayerPlace

    init() throws { place = try LayerPlace() }

    @Test(
        "what was written is read back, whiteouts and opaque directories too", .enabled(if: geteuid() == 0),
        arguments: ImageFormat.allCases)
    func roundTrip(format: ImageFormat) throws {
        try tree.fillWithEverything()
        try tree.fillWithSizes()
        let layer = try #require(try encodeImage(tree, as: format, verity: true, into: blobs))
        let report = try unpack(layer, from: blobs, into: out)
        #expect(report.leftOutAttributes.count == 0)
        #expect(report.entries == layer.entries + 1)
        #expect(try out.snapshot() == tree.snapshot())
    }

    @Test(
        "tree to image to tree to tar is tree to tar", .enabled(if: geteuid() == 0), arguments: ImageFormat.allCases)
    func roundTripToTar(format: ImageFormat) throws {
        try tree.fillWithEverything()
        let layer = try #require(try encodeImage(tree, as: format, into: blobs))
        try unpack(layer, from: blobs, into: out)
        let (direct, again) = try (encode(tree, into: blobs), encode(out, into: blobs))
        #expect(direct == again)
    }

    @Test("an ordinary tree that leaves whiteouts out", arguments: ImageFormat.allCases)
    func leaveOut(format: ImageFormat) throws {
        try tree.put("kept")
        try tree.putDirectory("opaque")
        try tree.setAttribute(ExtendedAttribute(name: "user.overlay.opaque", value: [UInt8(ascii: "y")]), of: "opaque")
        let layer = try #require(try encodeImage(tree, as: format, into: blobs))
        let report = try unpack(layer, from: blobs, into: out, options: .treeThatStandsAlone)
        #expect(report.leftOutWhiteouts.examples == ["opaque"])
        #expect(try out.attribute("user.overlay.opaque", of: "opaque") == nil)
    }

    // MARK: - Damage and malice

    @Test("a blob of another digest is refused, and says so", arguments: ImageFormat.allCases)
    func wrongDigest(format: ImageFormat) throws {
        try tree.put("a", "text")
        let layer = try #require(try encodeImage(tree, as: format, into: blobs))
        var image = try bytes(scratch.blob(layer))
        image[200] ^= 1
        let said = failure {
            _ = try unpackLayer(temporaryFile(image), layer.descriptor, diffID: layer.diffID, into: out)
        }
        #expect(said?.contains("the blob is damaged") == true)
        let short = failure {
            _ = try unpackLayer(
                temporaryFile(image.dropLast(4096)), layer.descriptor, diffID: layer.diffID, into: out)
        }
        #expect(short?.contains("bytes long, but its descriptor says") == true)
    }

    /// Where an image has what everything else hangs on, and how much of its bytes are used.
    private func vitalParts(of image: [UInt8], _ format: ImageFormat) -> (superblock: Range<Int>, used: Int) {
        switch format {
        case .squashfs: (0..<96, image[40..<48].reversed().reduce(0) { $0 << 8 | Int($1) })
        // With the first inode.
        case .erofs: (1024..<1216, image.count)
        }
    }

    @Test("a damaged image never does worse than fail", arguments: ImageFormat.allCases)
    func damage(format: ImageFormat) throws {
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
        let layer = try #require(try encodeImage(tree, as: format, into: blobs))
        let good = try bytes(scratch.blob(layer))
        let (superblock, used) = vitalParts(of: good, format)
        var options = UnpackOptions()
        options.limits.bytes = 1 << 30
        var refused = 0
        // Every byte of the superblock, and places all over the rest.
        let rest = superblock.upperBound
        let places = Array(superblock) + stride(from: rest, to: used, by: max(1, (used - rest) / 150))
        for (number, place) in places.enumerated() {
            var image = good
            image[place] ^= number % 2 == 0 ? 0xff : UInt8(1 << (number % 8))
            let said = failure {
                try unpackBytes(image, as: format.mediaType, into: scratch.sub("damaged\(number)"), options: options)
            }
            // Erofs' superblock has a checksum, unless the byte that says so is changed.
            if format == .erofs, place < 1152, place != 1032 { #expect(said != nil) }
            if said != nil { refused += 1 }
        }
        #expect(refused > places.count / 2)
        for length in stride(from: 0, to: used, by: max(1, used / 40)) {
            let short = Array(good[..<length])
            let said = failure { try unpackBytes(short, as: format.mediaType, into: scratch.sub("short\(length)")) }
            #expect(said != nil)
        }
    }

    @Test("more entries or bytes than the limits allow are refused", arguments: ImageFormat.allCases)
    func limits(format: ImageFormat) throws {
        try tree.put("a", String(repeating: "x", count: 5000))
        try tree.put("b", String(repeating: "x", count: 5000))
        let layer = try #require(try encodeImage(tree, as: format, into: blobs))
        var options = UnpackOptions()
        options.limits.bytes = 9999
        let tooLong = failure { try unpack(layer, from: blobs, into: scratch.sub("1"), options: options) }
        #expect(tooLong?.contains("unpacks to more than") == true)
        options = UnpackOptions()
        options.limits.entries = 2
        let tooMany = failure { try unpack(layer, from: blobs, into: scratch.sub("2"), options: options) }
        #expect(tooMany?.contains("more than 2 entries") == true)
        // The two files and the root, to the last byte.
        options.limits.entries = 3
        options.limits.bytes = 10_000
        try unpack(layer, from: blobs, into: scratch.sub("3"), options: options)
    }
}
