import CSyscalls
import FileTree
import Fixtures
import Glibc
import OCI
import SystemPackage
import Testing

@testable import Layers

@Suite("Layers: damaged and foreign input")
struct LayersDamageTests {
    private let scratch: Scratch
    private let blobs: Directory

    init() throws {
        scratch = try Scratch()
        blobs = try scratch.sub("blobs")
    }

    /// A layer of a few files with content that compresses badly.
    private func layer(_ compression: Compression, size: Int = 3000) throws -> (EncodedLayer, [UInt8]) {
        let tree = try scratch.sub("tree")
        var random = SplitMix(state: 3)
        for number in 0..<5 {
            try tree.put("dir/file\(number)", random.text(size))
        }
        let layer = try #require(try encode(tree, compression, into: blobs))
        return (layer, try #require(try blobs.readFile(FilePath(layer.descriptor.digest.hex), limit: 1 << 30)))
    }

    private func unpack(_ bytes: [UInt8], _ descriptor: Descriptor, _ diffID: Digest) -> String? {
        failure {
            let out = try scratch.sub("out")
            defer { try? scratch.directory.removeTree("out") }
            _ = try unpackLayer(temporaryFile(bytes), descriptor, diffID: diffID, into: out)
        }
    }

    @Test("a blob that is not the one asked for", arguments: [Compression.gzip(), .zstd(), .none], [3000, 200_000])
    func otherBlob(_ compression: Compression, _ size: Int) throws {
        let (layer, bytes) = try layer(compression, size: size)
        #expect(unpack(bytes, layer.descriptor, layer.diffID) == nil)
        #expect(unpack(Array(bytes.dropLast()), layer.descriptor, layer.diffID)?.contains("bytes long") == true)
        #expect(unpack(bytes + [0], layer.descriptor, layer.diffID)?.contains("bytes long") == true)
        #expect(
            unpack(Array(bytes.prefix(bytes.count / 2)), layer.descriptor, layer.diffID)?.contains("bytes long") == true
        )
        for position in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 23)) {
            var flipped = bytes
            flipped[position] ^= 0x10
            #expect(unpack(flipped, layer.descriptor, layer.diffID)?.contains("its digest is") == true)
        }
        #expect(unpack(bytes, layer.descriptor, Digest(of: [1]))?.contains("image config says") == true)
    }

    @Test("damage under a matching blob digest is found or harmless", arguments: [Compression.gzip(), .zstd(), .none])
    func rightDigest(_ compression: Compression) throws {
        let (layer, bytes) = try layer(compression)
        let check = { (bytes: [UInt8]) in
            let descriptor = Descriptor(mediaType: .tar, digest: Digest(of: bytes), size: Int64(bytes.count))
            return unpack(bytes, descriptor, layer.diffID)
        }
        for length in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 61)) {
            #expect(check(Array(bytes.prefix(length))) != nil)
        }
        for position in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 211)) {
            var flipped = bytes
            flipped[position] ^= 1 << UInt8(position % 8)
            // What unpacks has the diff ID, so the change meant nothing: a header's time, reserved bits, another way to
            // say the same. An archive that is not compressed has no such bits.
            if check(flipped) == nil { #expect(compression != .none) }
        }
    }

    @Test(
        "what is not a tar archive",
        arguments: [
            [], Array("hello".utf8), [UInt8](repeating: 0x41, count: 5000), [0x1f, 0x8b],
            [0x28, 0xb5, 0x2f, 0xfd, 1, 2],
            Array("PK\u{3}\u{4}".utf8) + [UInt8](repeating: 7, count: 2000),
        ])
    func notTar(_ bytes: [UInt8]) throws {
        let out = try scratch.sub("out")
        let text = failure { _ = try unpackTarFile(temporaryFile(bytes), into: out) }
        #expect(text != nil)
        if bytes.count > 10 { #expect(text?.contains("not a tar archive") == true, "\(text ?? "")") }
        #expect(try out.names() == [])
    }

    @Test("a tar file without digests: plain, gzip, zstd; complete or truncated")
    func plainFile() throws {
        for compression in [Compression.none, .gzip(), .zstd()] {
            let (_, bytes) = try layer(compression)
            let out = try scratch.sub("out")
            #expect(try unpackTarFile(temporaryFile(bytes), into: out).entries == 6)
            #expect(try out.directory("dir").names().count == 5)
            for length in [bytes.count - 900, bytes.count / 2, 600] {
                let text = failure { _ = try unpackTarFile(temporaryFile(Array(bytes.prefix(length))), into: out) }
                #expect(text != nil, "\(compression) \(length)")
            }
        }
        // Cut between two entries, where the format has no other sign of it than the missing end.
        var maker = TarMaker()
        maker.add("whole", "x")
        let text = failure { _ = try unpackTarFile(temporaryFile(maker.bytes), into: try scratch.sub("out")) }
        #expect(text?.contains("truncated") == true)
    }

    @Test(
        "archives of other tools",
        arguments: [
            "tar --format=pax -cf", "tar --format=gnu -cf", "tar --format=posix --sparse -cf",
            "tar --format=gnu --sparse -cf",
            "bsdtar --format=pax -cf", "bsdtar --format=gnutar -cf", "tar --format=pax --xattrs --acls -czf",
            "tar --format=pax --zstd -cf",
        ])
    func otherTools(_ tool: String) throws {
        let tree = try scratch.sub("tree")
        try tree.put("bin/a", "x", mode: 0o4755)
        try tree.putLink("bin/b", to: "bin/a")
        try tree.putSymlink("link", to: "bin/a")
        try tree.put(String(repeating: "long/", count: 40) + String(repeating: "x", count: 120), "deep")
        try tree.put("sparse", "start")
        truncate(scratch.path("tree/sparse"), 5 << 20)
        try shell("printf end >> \(scratch.path("tree/sparse"))")
        try shell("LC_ALL=C.UTF-8 \(tool) \(scratch.path("x.tar")) -C \(scratch.path("tree")) .")
        let out = try scratch.sub("out")
        _ = try unpackTarFile(OpenFile(FilePath(scratch.path("x.tar")), O_RDONLY), into: out)
        #expect(try out.snapshot() == tree.snapshot())
    }

    @Test("names are bytes, also where a pax header has them without saying so")
    func rawNames() throws {
        // As Go's archive/tar writes a name in Latin-1.
        var records = PaxRecords()
        records.add("path".utf8, Array("d/gr".utf8) + [0xfc, 0xdf] + Array("e".utf8))
        records.add("linkpath".utf8, [0xe4])
        var header = TarHeader(path: Array("x".utf8), kind: .extended)
        header.size = Int64(records.bytes.count)
        var maker = TarMaker()
        maker.add("before", String(repeating: "x", count: 1500))
        maker.bytes += header.encoded() + records.bytes
        maker.bytes += [UInt8](repeating: 0, count: TarHeader.padding(header.size))
        maker.add("shortened", .symlink, to: "t")
        let out = try scratch.sub("out")
        try maker.unpack(into: out)
        let d = try out.directory("d")
        let name = try #require(try d.names().first)
        #expect(name.relativeBytes == Array("gr".utf8) + [0xfc, 0xdf] + Array("e".utf8))
        #expect(try d.symlinkTarget(name).relativeBytes == [0xe4])
    }

    @Test("gzip of many members, and what follows them")
    func members() throws {
        var maker = TarMaker()
        maker.add("f", String(repeating: "x", count: 100_000))
        let archive = maker.archive
        try scratch.directory.replaceFile("1", with: archive.prefix(50_000))
        try scratch.directory.replaceFile("2", with: archive.dropFirst(50_000))
        try shell(
            "cd \(scratch.path.string); (gzip -c 1; gzip -c < /dev/null; gzip -9c 2) > x.gz; (cat x.gz; echo junk) > y.gz"
        )
        let out = try scratch.sub("out")
        _ = try unpackTarFile(OpenFile(FilePath(scratch.path("x.gz")), O_RDONLY), into: out)
        #expect(try out.status("f")?.size == 100_000)
        let other = try scratch.sub("other")
        _ = try unpackTarFile(OpenFile(FilePath(scratch.path("y.gz")), O_RDONLY), into: other)
        #expect(try other.status("f")?.size == 100_000)
    }

    @Test("ACLs that bsdtar writes in its own way")
    func acls() throws {
        let out = try scratch.sub("out")
        var records = PaxRecords()
        records.add("SCHILY.acl.access".utf8, "user::rw-,user:somebody:r-x:1234,group::r--,mask::r-x,other::---".utf8)
        var header = TarHeader(path: Array("x".utf8), kind: .extended)
        header.size = Int64(records.bytes.count)
        var maker = TarMaker()
        maker.bytes += header.encoded() + records.bytes
        maker.bytes += [UInt8](repeating: 0, count: TarHeader.padding(header.size))
        maker.add("f", "x")
        let report = try maker.unpack(into: out)
        #expect(report.leftOutAttributes.count == 0)
        let acl = try #require(try out.attribute("system.posix_acl_access", of: "f"))
        #expect(acl.count == 4 + 5 * 8)
        #expect(acl[12..<20].elementsEqual([2, 0, 5, 0, 0xd2, 4, 0, 0]))
    }
}

extension FilePath {
    /// The bytes of the path without slashes in front: as archives name files.
    fileprivate var relativeBytes: [UInt8] {
        withPlatformString { text in
            let bytes = UnsafeRawBufferPointer(start: text, count: strlen(text))
            return Array(bytes.drop { $0 == UInt8(ascii: "/") })
        }
    }
}
