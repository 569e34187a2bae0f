import CSyscalls
import Failure
import FileTree
import Glibc
import SystemPackage

@testable import Layers

/// The layers that are mutated: small, and with one of everything that a layer can hold.
struct SeedLayers {
    /// A layer's tree as a tar, with what other tools write after it.
    let tar: RawTar
    let squashfs: [Image]
    let erofs: [(image: Image, mutation: ErofsMutation)]

    /// An image of a file system.
    struct Image {
        var bytes: [UInt8]
        /// The root hash of its dm-verity tree, if it has one.
        var rootHash: String?
    }

    /// - Parameters:
    ///   - path: an empty directory for the tree and its layers.
    ///   - fill: makes the tree.
    init(in path: FilePath, _ fill: (Directory) throws -> Void = { try $0.fillForFuzzing() }) throws {
        let work = try Directory(creating: path)
        try work.makeDirectory("tree")
        try work.makeDirectory("blobs")
        let (tree, blobs) = (try work.directory("tree"), try work.directory("blobs"))
        try fill(tree)
        var options = EncodeOptions()
        options.root = .always
        options.workers = 1
        options.latestTime = Timestamp(seconds: Self.time)
        let formats: [LayerFormat] = [
            .tar(.none), .squashfs(verity: true), .squashfs(verity: false), .erofs(verity: true), .erofs(verity: false),
        ]
        guard let layers = try encodeLayer(tree, as: formats, into: blobs, options: options) else {
            throw Failure("the seed layer is empty")
        }
        let images = try layers.map {
            Image(
                bytes: try blobs.readFile(FilePath($0.descriptor.digest.hex), limit: 1 << 24) ?? [],
                rootHash: VerityAnnotation.rootHash(in: $0.descriptor.annotations))
        }
        tar = RawTar(members: RawTar(images[0].bytes).members + Self.foreign)
        // With nothing compressed, a change of a byte is a change of a number or a name, and not of a zstd stream.
        let plain = try Self.foreign(
            "mksquashfs tree image -noI -noD -noF -noX -quiet -no-progress -b 4096 -mkfs-time \(Self.time) "
                + "-all-time \(Self.time)", work, path)
        squashfs = images[1...2] + plain + plain
        // Shared attributes and short inodes; both forms of the index; clusters of several blocks; chunks.
        let forms = ["-zlz4hc -x1", "-zlz4 -Elegacy-compress -x2", "-zlz4hc -C16384", "--chunksize=4096"]
        let foreign = try forms.flatMap {
            try Self.foreign("mkfs.erofs -T\(Self.time) -U\(Self.uuid) \($0) image tree", work, path)
        }
        erofs = try (images[3...4] + foreign).map { image in
            try work.replaceFile("image", with: image.bytes)
            let file = try work.openNoSymlinks("image", O_RDONLY)
            return (image, try ErofsMutation(of: file, size: Int64(image.bytes.count)))
        }
        try work.remove("image")
        try work.removeTree("tree")
        try work.removeTree("blobs")
    }

    /// What is the same in each run makes the same seeds.
    private static let time: Int64 = 1_600_000_000
    private static let uuid = "00000000-0000-4000-8000-000000000000"

    /// The image that another tool makes of the tree; none where there is no such tool.
    private static func foreign(_ command: String, _ work: Directory, _ path: FilePath) throws -> [Image] {
        guard system("cd '\(path)' && \(command) >/dev/null 2>&1") == 0 else { return [] }
        defer { try? work.remove("image") }
        return [Image(bytes: try work.readFile("image", limit: 1 << 24) ?? [])]
    }

    /// Members in the forms of GNU tar and of pax's sparse files.
    private static var foreign: [RawTar.Member] {
        let long = Array(("long/" + String(repeating: "n", count: 150)).utf8)
        var sparse = RawTar.Member(
            Array("sparse".utf8), type: UInt8(ascii: "S"), body: [UInt8](repeating: 0x73, count: 512))
        sparse.put(Array("ustar  \u{0}".utf8), .magic)
        let map = Array("00000010000\u{0}00000001000\u{0}".utf8)
        sparse.header.replaceSubrange(386..<386 + map.count, with: map)
        sparse.putOctal(0o20000, .gnuRealSize)
        sparse.seal()
        func records(_ pairs: [(String, String)]) -> [UInt8] {
            var records = PaxRecords()
            for (key, value) in pairs { records.add(key.utf8, value.utf8) }
            return records.bytes
        }
        let map10 = Array("1\n4096\n512\n".utf8)
        return [
            .init(Array("././@LongLink".utf8), type: UInt8(ascii: "L"), body: long + [0]),
            .init(Array(long.prefix(99)), type: UInt8(ascii: "0"), body: Array("long".utf8)),
            .init(Array("././@LongLink".utf8), type: UInt8(ascii: "K"), body: long + [0]),
            .init(Array("tolong".utf8), type: UInt8(ascii: "1"), link: Array(long.prefix(99))),
            sparse,
            .init(
                Array("pax".utf8), type: UInt8(ascii: "x"),
                body: records([
                    ("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.name", "sparse10"),
                    ("GNU.sparse.realsize", "8192"),
                ])),
            .init(
                Array("GNUSparseFile.0/sparse10".utf8), type: UInt8(ascii: "0"),
                body: map10 + [UInt8](repeating: 0, count: 512 - map10.count) + [UInt8](repeating: 0x74, count: 512)),
            .init(
                Array("pax".utf8), type: UInt8(ascii: "x"),
                body: records([
                    ("GNU.sparse.size", "8192"), ("GNU.sparse.numblocks", "1"), ("GNU.sparse.map", "4096,512"),
                    ("mtime", "-1.5"),
                    ("SCHILY.acl.access", "user::rw-,user:somebody:r-x:1234,group::r--,mask::r-x,other::---"),
                ])),
            .init(Array("sparse01".utf8), type: UInt8(ascii: "0"), body: [UInt8](repeating: 0x75, count: 512)),
            .init(Array(".wh.lower".utf8), type: UInt8(ascii: "0")),
            .init(Array("opaque2/.wh..wh..opq".utf8), type: UInt8(ascii: "0")),
        ]
    }
}

extension Directory {
    fileprivate func put(_ name: String, _ content: [UInt8], mode: mode_t = 0o644) throws {
        let file = try openNoSymlinks(FilePath(name), O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
        try file.writeAll(content)
        try checked(fchmod(file.number, mode))
    }

    fileprivate func fillForFuzzing() throws {
        for name in ["d", "d/e", "opaque", "etc", "bin", "dev"] { try makeDirectory(FilePath(name)) }
        try put("etc/passwd", Array("root\n".utf8), mode: 0o600)
        try put("bin/su", Array("elf".utf8), mode: 0o4755)
        try put("text", Array(String(repeating: "some text\n", count: 2000).utf8))
        // In an erofs: clusters that are compressed, and some that are not.
        var random = FuzzRandom(seed: 0, iteration: 0)
        let noise = (0..<9000).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        try put("mixed", noise + [UInt8](repeating: 0x6d, count: 40_000) + noise)
        // More names than a block has room for.
        for number in 0..<25 { try put("many-\(number)-\(String(repeating: "m", count: 180))", []) }
        try put("d/e/empty", [])
        try put("d/\(String(repeating: "n", count: 200))", Array("long".utf8))
        try put("ü", Array("not ASCII".utf8))
        try makeSymlink("bin/sh", to: "su")
        try makeSymlink("link", to: "../outside")
        try checked(linkat(file.number, "etc/passwd", file.number, "linked", 0))
        try checked(linkat(file.number, "etc/passwd", file.number, "d/linked", 0))
        try checked(mknodat(file.number, "fifo", S_IFIFO | 0o640, 0))
        if geteuid() == 0 {
            try checked(mknodat(file.number, "dev/null", S_IFCHR | 0o666, stacker_makedev(1, 3)))
            try checked(mknodat(file.number, "dev/sda", S_IFBLK | 0o660, stacker_makedev(8, 0)))
        }
        try checked(mknodat(file.number, "gone", S_IFCHR, 0))
        try setAttribute(ExtendedAttribute(name: "user.overlay.opaque", value: [UInt8(ascii: "y")]), of: "opaque")
        try setAttribute(ExtendedAttribute(name: "user.mime", value: Array("text/plain".utf8)), of: "text")
        // Images keep what several files have in one place.
        for name: FilePath in ["mixed", "bin/su"] {
            try setAttribute(ExtendedAttribute(name: "user.mime", value: Array("text/plain".utf8)), of: name)
        }
        try setAttribute(
            ExtendedAttribute(name: "user.long", value: [UInt8](repeating: 0x61, count: 1000)), of: "etc/passwd")
        let acl: [UInt8] = [
            2, 0, 0, 0, 1, 0, 6, 0, 255, 255, 255, 255, 2, 0, 4, 0, 1, 0, 0, 0, 4, 0, 4, 0, 255, 255, 255, 255, 16, 0,
            4, 0, 255,
            255, 255, 255, 32, 0, 4, 0, 255, 255, 255, 255,
        ]
        try setAttribute(ExtendedAttribute(name: "system.posix_acl_access", value: acl), of: "text")
    }
}
