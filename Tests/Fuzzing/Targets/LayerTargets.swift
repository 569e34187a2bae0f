import CSyscalls
import Failure
import FileTree
import Fixtures
import Glibc

@testable import LayerFuzzing
@testable import Layers

/// Blobs of layers, listed with all that is in them. What unpacking writes, and where, is for `LayerFuzzer`, which looks
/// around after each.
extension FuzzTarget {
    static let tar = FuzzTarget("tar", seeds: { [try seeds.get().tar.bytes] }) { try listArchive($0) }

    static let squashfs = FuzzTarget("squashfs", seeds: { try seeds.get().squashfs.map(\.bytes) }) {
        try list($0, as: SquashfsStoredImage.self)
    }

    /// It is made to say that it has no checksum: a wrong one would end it, and to make it right, and check that, takes longer
    /// than all the rest.
    static let erofs = FuzzTarget("erofs", seeds: { try seeds.get().erofs.map(\.image.bytes) }) { bytes in
        var image = bytes
        let flags = Erofs.superblockOffset + 8
        if flags < image.count { image[flags] &= ~1 }
        try list(image, as: ErofsStoredImage.self)
    }

    private static let seeds = Result {
        try withTemporaryDirectory { directory in
            try Directory.create(directory.appending("work"))
            // Small ones: the fewer bytes, the more of what is mutated means something.
            return try SeedLayers(in: directory.appending("work")) { tree in
                try tree.makeDirectory("d")
                try tree.replaceFile("d/text", with: String(repeating: "some text\n", count: 50).utf8)
                try tree.makeSymlink("link", to: "d/text")
                let file = try tree.openNoSymlinks("f", O_WRONLY | O_CREAT | O_EXCL, mode: 0o644)
                try file.writeAll("content".utf8)
                // A file system without them makes a seed with fewer paths.
                try? file.setAttribute(ExtendedAttribute(name: "user.a", value: [1, 2]))
            }
        }
    }

    /// What bounds a listing: no input may keep the fuzzer for long.
    private static let options = {
        var options = ListOptions()
        options.limits.bytes = 1 << 16
        options.limits.entries = 1000
        return options
    }()

    private static func readAll(_: ListedEntry, _ content: ListedContent) throws {
        while try content.next() != nil {}
    }

    /// As ``listLayer(_:_:diffID:options:_:)`` does it, but for the digest of the blob, which fits.
    private static func listArchive(_ bytes: [UInt8]) throws {
        var lister = EntryLister(options, readAll)
        let stream = try ArchiveStream(
            BlobInput(MemorySource(bytes), hashes: false), .layer, blobSize: Int64(bytes.count),
            limit: options.bytesLimit, on: options.processors)
        _ = try readArchive(stream, headerLimit: options.limits.header, checkpoint: options.checkpoint) {
            try lister.list($0, from: $1)
        }
    }

    /// The same of an image, whose blob a thread would hash meanwhile, one for each input.
    private static func list<Image: StoredImage>(_ bytes: [UInt8], as kind: Image.Type) throws {
        let file = OpenFile(owning: try checked(stacker_memory_file()))
        try file.writeAll(bytes)
        let image = try Image(file, size: Int64(bytes.count), limits: options.limits)
        var reader = ImageReader(image, limits: options.limits, bytesLimit: options.bytesLimit)
        var lister = EntryLister(options, readAll)
        while let entry = try reader.next() { try lister.list(entry, from: reader.content) }
    }
}

/// Bytes that are read as those of a file are.
private final class MemorySource: ByteSource {
    private let bytes: [UInt8]
    private var place = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let piece = bytes[place...].prefix(buffer.count)
        buffer.copyBytes(from: piece)
        place += piece.count
        return piece.count
    }
}
