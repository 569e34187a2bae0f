import CSyscalls
import Failure
import FileTree
import Fixtures
import Glibc
import OCI

@testable import LayerFuzzing
@testable import Layers

/// Blobs of layers, listed with all that is in them. What unpacking writes, and where, is for `LayerFuzzer`, which looks
/// around after each.
extension FuzzTarget {
    static let tar = FuzzTarget("tar", seeds: { [try seeds.get().tar.bytes] }) { try list($0, .tar) }

    static let squashfs = FuzzTarget("squashfs", seeds: { try seeds.get().squashfs.map(\.bytes) }) {
        try list($0, .squashfsZstd)
    }

    /// Its checksum is made right, or nothing would get beyond it.
    static let erofs = FuzzTarget("erofs", seeds: { try seeds.get().erofs.map(\.image.bytes) }) { bytes in
        var image = bytes
        ErofsMutation.seal(&image)
        try list(image, .erofs)
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

    private static func list(_ bytes: [UInt8], _ mediaType: MediaType) throws {
        let file = OpenFile(owning: try checked(stacker_memory_file()))
        try file.writeAll(bytes)
        try checked(lseek(file.number, 0, SEEK_SET))
        var options = ListOptions()
        options.limits.bytes = 1 << 16
        options.limits.entries = 1000
        let digest = Digest(of: bytes)
        let descriptor = Descriptor(mediaType: mediaType, digest: digest, size: Int64(bytes.count))
        _ = try listLayer(file, descriptor, diffID: digest, options: options) { _, content in
            while try content.next() != nil {}
        }
    }
}
