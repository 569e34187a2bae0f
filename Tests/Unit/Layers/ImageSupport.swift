import CSyscalls
import FileTree
import Fixtures
import Glibc
import OCI
import Synchronization
import SystemPackage
import Testing

@testable import Layers

/// The file systems that a layer can be an image of.
enum ImageFormat: String, Sendable, CaseIterable {
    case squashfs, erofs

    /// What is encoded.
    func layer(verity: Bool, level: Int? = nil) -> LayerFormat {
        switch self {
        case .squashfs: .squashfs(verity: verity, level: level ?? levels.standard)
        case .erofs: .erofs(verity: verity, level: level ?? levels.standard)
        }
    }

    /// How hard it can be compressed.
    var levels: CompressionLevels {
        switch self {
        case .squashfs: .squashfs
        case .erofs: .erofs
        }
    }

    /// The type of the layers that are made.
    var mediaType: MediaType {
        switch self {
        case .squashfs: .squashfsZstd
        case .erofs: .erofs
        }
    }

    /// Where the image ends and a dm-verity tree may follow.
    func paddedSize(of image: String) throws -> Int64 {
        let file = try OpenFile(FilePath(image), O_RDONLY)
        let size = try file.status().size
        return switch self {
        case .squashfs: try SquashfsStoredImage.paddedSize(file, size: size)
        case .erofs: try ErofsStoredImage.paddedSize(file, size: size)
        }
    }
}

/// Encodes a tree as one layer that is an image.
func encodeImage(
    _ tree: Directory, as format: ImageFormat, verity: Bool = false, into blobs: Directory,
    _ change: (inout EncodeOptions) -> Void = { _ in }
) throws -> EncodedLayer? {
    try encode(tree, as: format.layer(verity: verity), into: blobs, change)
}

/// All of a file.
func bytes(_ path: String) throws -> [UInt8] {
    try OpenFile(FilePath(path), O_RDONLY).readToEnd(limit: 1 << 30)
}

/// Printable text that can't be compressed much.
func randomText(_ count: Int, seed: UInt64) -> String {
    var generator = SplitMix(state: seed)
    return String(decoding: (0..<count).map { _ in UInt8.random(in: 33...126, using: &generator) }, as: UTF8.self)
}

/// What the kernel reads in an image.
func withMounted<Result>(_ image: String, as format: ImageFormat, _ body: (Directory) throws -> Result) throws
    -> Result
{
    let scratch = try Scratch()
    let point = scratch.path("mounted")
    try shell("mkdir \(point) && mount -t \(format) -o loop,ro '\(image)' \(point)")
    // The loop device goes with its mount, and that with its last user: a program that another test starts has our
    // descriptors for a moment.
    defer { _ = try? shell("umount --lazy \(point)") }
    return try body(Directory(at: FilePath(point)))
}

extension Scratch {
    /// Where the blob of a layer is.
    func blob(_ layer: EncodedLayer?) -> String { path("blobs/\(layer?.descriptor.digest.hex ?? "")") }
}

/// POSIX ACLs as the kernel keeps them in "system.posix_acl_access": one user may read what others may not write.
let accessControlList: [UInt8] =
    [2, 0, 0, 0] + [1, 0, 6, 0, 255, 255, 255, 255] + [2, 0, 4, 0, 0xe8, 3, 0, 0]
    + [4, 0, 4, 0, 255, 255, 255, 255] + [0x10, 0, 4, 0, 255, 255, 255, 255] + [0x20, 0, 4, 0, 255, 255, 255, 255]

/// What the kernel shows of a tree once it went through an image, seen from the tree: the opaque attribute of both
/// kinds of mount.
func asMounted(_ lines: [String]) -> [String] {
    lines.map { line in
        line.replacing(
            "[user.overlay.opaque=[121]]", with: "[trusted.overlay.opaque=[121]] [user.overlay.opaque=[121]]")
    }
}

extension Directory {
    /// A tree with one of everything that a layer can hold.
    func fillWithEverything() throws {
        try put("etc/passwd", "root\n", mode: 0o600)
        try put("empty")
        try put("bin/su", "elf", mode: 0o4755)
        try putDirectory("tmp", mode: 0o1777)
        try putDirectory("empty-directory", mode: 0o700)
        try putSymlink("bin/sh", to: "busybox")
        try putSymlink("dangling", to: "../../outside")
        try checked(mknodat(file.number, "fifo", S_IFIFO | 0o640, 0))
        try checked(mknodat(file.number, "null", S_IFCHR | 0o666, makedev(1, 3)))
        try checked(mknodat(file.number, "disk", S_IFBLK | 0o660, makedev(259, 70000)))
        try putWhiteout("bin/gone")
        try putLink("linked", to: "etc/passwd")
        try putLink("bin/linked", to: "etc/passwd")
        try putDirectory("opaque")
        try setAttribute(ExtendedAttribute(name: "user.overlay.opaque", value: [UInt8(ascii: "y")]), of: "opaque")
        try put("opaque/new", "new")
        try put("attributes", "text")
        try setAttribute(ExtendedAttribute(name: "user.mime", value: Array("text/plain".utf8)), of: "attributes")
        try setAttribute(ExtendedAttribute(name: "user.empty", value: []), of: "attributes")
        // cap_net_raw=ep, as setcap writes it.
        let capability: [UInt8] = [1, 0, 0, 2, 0, 0x20, 0, 0] + [UInt8](repeating: 0, count: 12)
        try put("ping", "elf", mode: 0o755)
        try setAttribute(ExtendedAttribute(name: "security.capability", value: capability), of: "ping")
        try put("owned", "x")
        try checked(fchownat(file.number, "owned", 3_000_000_000, 12345, 0))
        try put("a name\nwith = and ü", "odd")
        try put(String(repeating: "n", count: 255), "long")
        try withUnsafeBytes(of: (UInt8(0xff), UInt8(0xfe), UInt8(0))) { name in
            let name = try #require(name.baseAddress?.assumingMemoryBound(to: CChar.self))
            try checked(mknodat(file.number, name, S_IFREG | 0o644, 0))
        }
        try setTime("etc/passwd", Timestamp(seconds: 1_234_567_890))
        try setTime("tmp", Timestamp(seconds: 1_000_000_000))
    }

    /// Files of which some are worth compressing in all of their parts, some in a few, some in none.
    func fillWithSizes() throws {
        for size in [1, 4031, 4032, 4033, 4095, 4096, 4097, 8192, 100_000, 524_288, 524_289, 5_000_000] {
            try put(
                "text/\(size)", String(String(repeating: "0123456789 \(size)\n", count: size / 12 + 1).prefix(size)))
        }
        try put("random", randomText(70_001, seed: 101))
        try put(
            "mixed",
            String(repeating: "a", count: 9000) + randomText(20_000, seed: 102) + String(repeating: "b", count: 600_100)
        )
        try put(
            "mixed-short",
            randomText(5000, seed: 103) + String(repeating: "c", count: 30_000) + randomText(3000, seed: 104))
        // Squashfs has up to 256 names in a run of a directory, and erofs a block of 4 KiB.
        for number in 0..<Effort.repetitions(700, atLeast: 300) {
            try put("many/name-\(number)-\(String(repeating: "x", count: number % 90))", "\(number)")
        }
    }
}

private func makedev(_ major: UInt32, _ minor: UInt32) -> dev_t { stacker_makedev(major, minor) }

/// Sentences that several threads may say.
final class Texts: Sendable {
    private let texts = Mutex<[String]>([])

    var all: [String] { texts.withLock { $0 } }
    func add(_ text: String) { texts.withLock { $0.append(text) } }
}
