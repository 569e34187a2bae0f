import FileTree
import Fixtures
import Glibc
import OCI
import SystemPackage
import Testing

@testable import Layers

@Suite("layers: listing")
struct ListLayerTests: LayerSuite {
    let place: LayerPlace

    init() throws { place = try LayerPlace() }

    /// Each entry in a line: path, kind, mode, and what it holds.
    private func lines(_ blob: OpenFile, _ descriptor: Descriptor, diffID: Digest?) throws -> [String] {
        var lines: [String] = []
        let listing = try listLayer(blob, descriptor, diffID: diffID) { entry, content in
            var line = "\(String(decoding: entry.path, as: UTF8.self)) \(words(entry.kind))"
            if entry.kind == .regular {
                var bytes = [UInt8](repeating: 0, count: Int(entry.size))
                while let piece = try content.next() {
                    bytes.replaceSubrange(Int(piece.offset)..<Int(piece.offset) + piece.bytes.count, with: piece.bytes)
                }
                line += " \(String(entry.permissions, radix: 8)) \(String(decoding: bytes, as: UTF8.self))"
            }
            for attribute in entry.attributes { line += " [\(attribute.name)=\(attribute.value)]" }
            lines.append(line)
        }
        #expect(diffID == nil || listing.diffID == diffID)
        return lines
    }

    private func words(_ kind: ListedEntry.Kind) -> String {
        switch kind {
        case .symlink(let target): "symlink \(String(decoding: target, as: UTF8.self))"
        case .hardLink(let path): "hardLink \(String(decoding: path, as: UTF8.self))"
        default: "\(kind)"
        }
    }

    private func list(_ layer: EncodedLayer) throws -> [String] {
        let blob = try blobs.openNoSymlinks(FilePath(layer.descriptor.digest.hex), O_RDONLY)
        return try lines(blob, layer.descriptor, diffID: layer.diffID)
    }

    private func list(_ tar: TarMaker) throws -> [String] {
        let descriptor = Descriptor(
            mediaType: .tar, digest: Digest(of: tar.archive), size: Int64(tar.archive.count))
        return try lines(temporaryFile(tar.archive), descriptor, diffID: nil)
    }

    @Test("holes are read as zeros, and however long they are, reading can be ended")
    func holes() throws {
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 6, alignment: 1)
        defer { bytes.deallocate() }
        bytes.copyBytes(from: "onetwo".utf8)
        var pieces: [(range: Range<Int>, offset: Int64)] = [(0..<3, 2), (3..<6, 7)]
        let content = ListedContent {
            guard !pieces.isEmpty else { return nil }
            let (range, offset) = pieces.removeFirst()
            return (UnsafeRawBufferPointer(rebasing: bytes[range]), offset)
        }
        var read: [UInt8] = []
        try content.readAll(size: 12, checkpoint: {}) { read += $0 }
        #expect(read == Array("\0\0one\0\0two\0\0".utf8))
        struct Stop: Error {}
        var count = 0
        #expect(throws: Stop.self) {
            try ListedContent.none.readAll(size: 1 << 60, checkpoint: { if count > 1 << 20 { throw Stop() } }) {
                count += $0.count
            }
        }
    }

    @Test(
        "entries are the same, whatever the layer is", .enabled(if: geteuid() == 0),
        arguments: [
            LayerFormat.tar(.none), .tar(.gzip()), .tar(.zstd()), .squashfs(), .squashfs(verity: false), .erofs(),
        ])
    func types(format: LayerFormat) throws {
        try tree.put("a/file", "text", mode: 0o640)
        try tree.setAttribute(ExtendedAttribute(name: "user.mime", value: [1]), of: "a")
        try tree.putLink("linked", to: "a/file")
        try tree.putSymlink("link", to: "../a/file")
        try tree.putDirectory("opaque")
        try tree.setAttribute(ExtendedAttribute(name: "user.overlay.opaque", value: [UInt8(ascii: "y")]), of: "opaque")
        try tree.put("opaque/new", "new")
        try tree.putWhiteout("zero")
        let layer = try #require(try encode(tree, as: format, into: blobs))
        let expected = [
            "a directory [user.mime=[1]]", "a/file regular 640 text", "link symlink ../a/file",
            "linked hardLink a/file", "opaque directory", "opaque opaque", "opaque/new regular 644 new",
            "zero whiteout",
        ]
        #expect(try list(layer).filter { !$0.hasPrefix(" ") }.sorted() == expected)
    }

    @Test("names are cleaned as for unpacking, marks of aufs are nobody's, and content need not be read")
    func names() throws {
        var tar = TarMaker()
        tar.add("./a//b", "text")
        tar.add("/c/../d", .hardLink, to: "./a/b")
        tar.add("x/.wh.gone")
        tar.add("x/.wh..wh..opq")
        tar.add(".wh..wh.plnk", "aufs")
        tar.add("e", .characterDevice, device: 0)
        #expect(
            try list(tar) == ["a/b regular 644 text", "d hardLink a/b", "x/gone whiteout", "x opaque", "e whiteout"])
        var count = 0
        let descriptor = Descriptor(mediaType: .tar, digest: Digest(of: tar.archive), size: Int64(tar.archive.count))
        let listing = try listLayer(temporaryFile(tar.archive), descriptor, diffID: nil) { _, _ in count += 1 }
        #expect(count == 5)
        #expect(listing.entries == 6)
        #expect(listing.unpackedBytes == descriptor.size)
        #expect(listing.compression == ArchiveCompression.none)
        #expect(listing.diffID == descriptor.digest)
    }

    @Test("a name that leads out of the root is refused")
    func outside() throws {
        var tar = TarMaker()
        tar.add("../a")
        #expect(failure { _ = try list(tar) }?.contains("leads out of the root") == true)
    }

    @Test("a damaged blob, another content and a wrong length are said as such", arguments: [true, false])
    func damage(isImage: Bool) throws {
        try tree.put("a", randomText(3000, seed: 7))
        let layer = try #require(try encode(tree, as: isImage ? .erofs() : .tar(), into: blobs))
        var damaged = try bytes(scratch.blob(layer))
        damaged[damaged.count / 2] ^= 0xff
        let said = failure { _ = try lines(temporaryFile(damaged), layer.descriptor, diffID: layer.diffID) }
        #expect(said?.contains("the blob is damaged") == true)
        let other = failure {
            _ = try lines(temporaryFile(bytes(scratch.blob(layer))), layer.descriptor, diffID: Digest(of: []))
        }
        #expect(other?.contains("but the image config says") == true)
        let short = failure {
            _ = try lines(temporaryFile(Array(damaged.dropLast())), layer.descriptor, diffID: layer.diffID)
        }
        #expect(short?.contains("but its descriptor says") == true)
    }

    @Test("what the caller throws ends the listing, and is no damage")
    func callersError() throws {
        struct Enough: Error {}
        try tree.put("a", "text")
        try tree.put("b", "text")
        let layer = try #require(try encode(tree, into: blobs))
        let blob = try blobs.openNoSymlinks(FilePath(layer.descriptor.digest.hex), O_RDONLY)
        var count = 0
        let said = failure {
            _ = try listLayer(blob, layer.descriptor, diffID: layer.diffID) { _, _ in
                count += 1
                throw Enough()
            }
        }
        #expect(said?.hasSuffix("Enough()") == true)
        #expect(count == 1)
    }

    @Test("more entries, and more bytes, than are allowed are refused")
    func limits() throws {
        try tree.put("a", "text")
        try tree.put("b", "text")
        let layer = try #require(try encode(tree, as: .squashfs(), into: blobs))
        func said(_ change: (inout ListOptions) -> Void) throws -> String? {
            let blob = try blobs.openNoSymlinks(FilePath(layer.descriptor.digest.hex), O_RDONLY)
            var options = ListOptions()
            change(&options)
            return failure {
                _ = try listLayer(blob, layer.descriptor, diffID: layer.diffID, options: options) { _, _ in }
            }
        }
        #expect(try said { $0.limits.entries = 2 }?.contains("it has more than 2 entries") == true)
        #expect(try said { $0.limits.bytes = 7 } != nil)
        #expect(try said { $0.limits.bytes = 8 } == nil)
    }
}
