import CSyscalls
import FileTree
import Glibc
import OCI
import Synchronization
import SystemPackage
import Testing

@testable import Layers

/// What the kernel reads in an image.
func withMounted<Result>(_ image: String, as type: String = "squashfs", _ body: (Directory) throws -> Result) throws
    -> Result
{
    let scratch = try Scratch()
    let point = scratch.path("mounted")
    try shell("mkdir \(point) && mount -t \(type) -o loop,ro '\(image)' \(point)")
    // The loop device goes with its mount, and that with its last user: a program that another test starts has our
    // descriptors for a moment.
    defer { _ = try? shell("umount --lazy \(point)") }
    return try body(Directory(at: FilePath(point)))
}

extension Scratch {
    /// Where the blob of a layer is.
    func blob(_ layer: EncodedLayer?) -> String { path("blobs/\(layer?.descriptor.digest.hex ?? "")") }
}

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
}

private func makedev(_ major: UInt32, _ minor: UInt32) -> dev_t { stacker_makedev(major, minor) }

/// Sentences that several threads may say.
final class Texts: Sendable {
    private let texts = Mutex<[String]>([])

    var all: [String] { texts.withLock { $0 } }
    func add(_ text: String) { texts.withLock { $0.append(text) } }
}
