import CSyscalls
import FileTree
import Fixtures
import Glibc
import Synchronization
import SystemPackage
import Testing

@testable import Layers

@Suite("Layers: what is encoded comes back")
struct LayersRoundTripTests {
    /// A tree with one of everything.
    static func fill(_ tree: Directory) throws {
        try tree.put("bin/busybox", "the program", mode: 0o4755)
        for name in ["ls", "cp", "zcat"] { try tree.putLink("bin/\(name)", to: "bin/busybox") }
        try tree.put("empty")
        try tree.put("mode-000", "secret", mode: 0)
        try tree.put("with space and\nnewline", "x")
        try tree.put("a=b", "x")
        try tree.put("grüße-日本", "x")
        try tree.put(String(repeating: "n", count: 255), "long")
        let deep = Array(repeating: String(repeating: "d", count: 200), count: 15).joined(separator: "/")
        try tree.put("deep/\(deep)/leaf", "x")
        try tree.putDirectory("sticky", mode: 0o1777)
        try tree.putDirectory("closed", mode: 0o500)
        try tree.put("closed/inside", "x")
        try tree.putSymlink("link", to: "bin/busybox")
        try tree.putSymlink("dangling", to: "/nowhere/" + String(repeating: "t", count: 300))
        try checked(mkfifoat(tree.file.number, "fifo", 0o640))
        try checked(mknodat(tree.file.number, "null", S_IFCHR | 0o666, makedev(1, 3)))
        try checked(mknodat(tree.file.number, "disk", S_IFBLK | 0o660, makedev(259, 70000)))
        let invalid = FileName([0x66, 0xff, 0xfe, 0x6f])
        try invalid.withCString { name in _ = try checked(mknodat(tree.file.number, name, S_IFREG | 0o600, 0)) }
        try tree.setAttribute(.init(name: "user.mime", value: [0, 255, 10, 61]), of: "empty")
        try tree.setAttribute(.init(name: "user.a=b", value: [1]), of: "empty")
        try tree.setAttribute(.init(name: "user.50%3D", value: [2]), of: "empty")
        try tree.setAttribute(.init(name: "user.dir", value: [3]), of: "sticky")
        try tree.setAttribute(
            .init(
                name: "security.capability",
                value: [1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0] + [UInt8](repeating: 0, count: 8)),
            of: "a=b")
        try checked(fchownat(tree.file.number, "link", 1, 2, AT_SYMLINK_NOFOLLOW))
        try checked(fchownat(tree.file.number, "with space and\nnewline", 3_000_000_000, 70000, 0))
        try checked(fchownat(tree.file.number, "a=b", 5, 6, 0))
        try tree.setAttribute(
            .init(
                name: "security.capability",
                value: [1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0] + [UInt8](repeating: 0, count: 8)),
            of: "a=b")
        // user::rw-, user:12:rw-, group::r-x, mask::rwx, other::r-x
        try tree.directory("bin").setAttribute(
            .init(
                name: "system.posix_acl_access",
                value: [2, 0, 0, 0] + [1, 0, 6, 0, 255, 255, 255, 255] + [2, 0, 6, 0, 12, 0, 0, 0]
                    + [4, 0, 5, 0, 255, 255, 255, 255] + [16, 0, 7, 0, 255, 255, 255, 255]
                    + [32, 0, 5, 0, 255, 255, 255, 255]), of: "busybox")
        try tree.setTime("empty", Timestamp(seconds: -1_000_000))
        try tree.setTime("link", Timestamp(seconds: 1_000_000_000))
        try tree.setTime("closed", Timestamp(seconds: 1))
        try tree.putWhiteout("gone")
        try tree.putWhiteout("bin/gone")
    }

    @Test("a tree with one of everything", arguments: [Compression.gzip(), .gzip(level: 1), .zstd(), .none])
    func oneOfEverything(_ compression: Compression) throws {
        let scratch = try Scratch()
        let (tree, blobs, out) = (try scratch.sub("tree"), try scratch.sub("blobs"), try scratch.sub("out"))
        try Self.fill(tree)
        let layer = try #require(try encode(tree, compression, into: blobs))
        let report = try unpack(layer, from: blobs, into: out)
        #expect(try out.snapshot() == tree.snapshot())
        #expect(report.entries == layer.entries)
        #expect(report.leftOutAttributes.count == 0)
        #expect(try blobs.names() == [FilePath(layer.descriptor.digest.hex)])
    }

    @Test("random trees", arguments: 0..<6)
    func randomTrees(_ seed: UInt64) throws {
        let scratch = try Scratch()
        let (tree, blobs, out) = (try scratch.sub("tree"), try scratch.sub("blobs"), try scratch.sub("out"))
        var random = SplitMix(state: seed)
        var directories = [""]
        var files: [String] = []
        for number in 0..<Int.random(in: 1...150, using: &random) {
            let path =
                (directories.randomElement(using: &random) ?? "")
                + String(UnicodeScalar(UInt8.random(in: 33...122, using: &random))).replacingSlash
                + String(repeating: "x", count: Int.random(in: 0...200, using: &random)) + "\(number)"
            switch Int.random(in: 0..<8, using: &random) {
            case 0, 1:
                try tree.putDirectory(path, mode: mode_t.random(in: 0...0o7777, using: &random))
                directories.append(path + "/")
            case 2: try tree.putSymlink(path, to: files.randomElement(using: &random) ?? "none")
            case 3: try tree.putWhiteout(path)
            case 4 where !files.isEmpty: try tree.putLink(path, to: files.randomElement(using: &random) ?? "")
            default:
                let size =
                    Int.random(in: 0...1, using: &random)
                    * Int.random(in: 0...(number % 20 == 0 ? 300_000 : 5000), using: &random)
                try tree.put(
                    path, String(repeating: "ab\(number)", count: size / 4),
                    mode: mode_t.random(in: 0...0o7777, using: &random))
                try tree.setTime(path, Timestamp(seconds: Int64.random(in: -(1 << 31)..<(1 << 33), using: &random)))
                files.append(path)
            }
        }
        let layer = try #require(try encode(tree, into: blobs))
        try unpack(layer, from: blobs, into: out)
        #expect(try out.snapshot() == tree.snapshot())
    }

    @Test("the same bytes for any number of workers", arguments: [Compression.gzip(), .zstd(), .none])
    func determinism(_ compression: Compression) throws {
        let scratch = try Scratch()
        let (tree, blobs) = (try scratch.sub("tree"), try scratch.sub("blobs"))
        var random = SplitMix(state: 7)
        for number in 0..<30 {
            try tree.put("file\(number)", random.text(400_000))
        }
        let layers = try [1, 2, 5, 1].map { workers in
            try encode(tree, compression, into: blobs) { $0.workers = workers }
        }
        #expect(Set(layers).count == 1)
        let layer = try #require(layers[0])
        #expect(layer.diffID == (compression == .none ? layer.descriptor.digest : layer.diffID))
        let out = try scratch.sub("out")
        try unpack(layer, from: blobs, into: out)
        #expect(try out.snapshot() == tree.snapshot())
    }

    @Test("fractions of seconds are kept only if asked for")
    func subseconds() throws {
        let scratch = try Scratch()
        let (tree, blobs) = (try scratch.sub("tree"), try scratch.sub("blobs"))
        let times = [
            Timestamp(seconds: 1_700_000_000, nanoseconds: 123_456_789), .init(seconds: -5, nanoseconds: 250_000_000),
        ]
        for (number, time) in times.enumerated() {
            try tree.put("\(number)")
            try tree.setTime("\(number)", time)
        }
        for keeps in [true, false] {
            let out = try scratch.sub("out\(keeps)")
            let layer = try #require(try encode(tree, into: blobs) { $0.keepsSubseconds = keeps })
            try unpack(layer, from: blobs, into: out)
            for (number, time) in times.enumerated() {
                #expect(
                    try out.status(FilePath("\(number)"))?.modified == (keeps ? time : Timestamp(seconds: time.seconds))
                )
            }
        }
    }

    @Test("no later time than SOURCE_DATE_EPOCH")
    func clamp() throws {
        let scratch = try Scratch()
        let (tree, blobs, out) = (try scratch.sub("tree"), try scratch.sub("blobs"), try scratch.sub("out"))
        try tree.put("old")
        try tree.setTime("old", Timestamp(seconds: 5))
        try tree.put("d/new")
        let layer = try #require(try encode(tree, into: blobs) { $0.latestTime = Timestamp(seconds: 1000) })
        try unpack(layer, from: blobs, into: out)
        #expect(try out.status("old")?.modified.seconds == 5)
        #expect(try out.directory("d").status("new")?.modified.seconds == 1000)
        #expect(try out.status("d")?.modified.seconds == 1000)
    }

    @Test("a tree that holds nothing gives no layer")
    func empty() throws {
        let scratch = try Scratch()
        let (tree, blobs) = (try scratch.sub("tree"), try scratch.sub("blobs"))
        #expect(try encode(tree, into: blobs) == nil)
        #expect(try blobs.names() == [])
        try tree.put("dev")
        #expect(try encode(tree, into: blobs)?.entries == 1)
        #expect(try encode(try scratch.sub("none"), into: blobs) { $0.root = .always }?.entries == 1)
    }

    @Test("the root has an entry only if its metadata are not the usual ones")
    func rootEntry() throws {
        let scratch = try Scratch()
        let (tree, blobs, out) = (try scratch.sub("tree"), try scratch.sub("blobs"), try scratch.sub("out"))
        try tree.put("x")
        #expect(try encode(tree, into: blobs)?.entries == 1)
        try checked(fchmod(tree.file.number, 0o711))
        let layer = try #require(try encode(tree, into: blobs))
        #expect(layer.entries == 2)
        try unpack(layer, from: blobs, into: out)
        #expect(try out.file.status().permissions == 0o711)
    }

    @Test("many names in one directory, and sorted", arguments: [Effort.repetitions(100_000)])
    func manyNames(_ count: Int) throws {
        let scratch = try Scratch()
        let (tree, blobs) = (try scratch.sub("tree"), try scratch.sub("blobs"))
        for number in 0..<count { try checked(mknodat(tree.file.number, "f\(number)", S_IFIFO | 0o600, 0)) }
        let layer = try #require(try encode(tree, .gzip(level: 1), into: blobs))
        #expect(layer.entries == count)
        try shell("bsdtar tf \(scratch.path("blobs"))/\(layer.descriptor.digest.hex) | LC_ALL=C sort -c")
    }

    @Test("sockets are left out, with a warning")
    func sockets() throws {
        let scratch = try Scratch()
        let (tree, blobs) = (try scratch.sub("tree"), try scratch.sub("blobs"))
        try checked(mknodat(tree.file.number, "socket", S_IFSOCK | 0o600, 0))
        try tree.put("x")
        let warnings = Mutex<[String]>([])
        let layer = try encode(tree, into: blobs) { $0.warn = { text in warnings.withLock { $0.append(text) } } }
        #expect(layer?.entries == 1)
        #expect(warnings.withLock { $0 } == ["left out socket: a layer cannot hold a socket"])
    }

    @Test("paths longer than the kernel takes")
    func beyondPathMax() throws {
        let scratch = try Scratch()
        let (tree, blobs, out) = (try scratch.sub("tree"), try scratch.sub("blobs"), try scratch.sub("out"))
        let deep = Array(repeating: String(repeating: "d", count: 250), count: 40).joined(separator: "/")
        try tree.put("\(deep)/leaf", "content")
        try tree.put("\(deep)/second", "content")
        let layer = try #require(try encode(tree, into: blobs))
        try unpack(layer, from: blobs, into: out)
        #expect(try out.snapshot() == tree.snapshot())
    }

    @Test("a checkpoint that throws ends both ways, and leaves no blob")
    func checkpoint() throws {
        struct Stop: Error {}
        let scratch = try Scratch()
        let (tree, blobs) = (try scratch.sub("tree"), try scratch.sub("blobs"))
        for number in 0..<100 { try tree.put("f\(number)", "x") }
        #expect(throws: Stop.self) { try encode(tree, into: blobs) { $0.checkpoint = { throw Stop() } } }
        #expect(try blobs.names() == [])
        let layer = try #require(try encode(tree, into: blobs))
        var options = UnpackOptions()
        options.checkpoint = { throw Stop() }
        #expect(throws: (any Error).self) {
            try unpack(layer, from: blobs, into: try scratch.sub("out"), options: options)
        }
    }
}

/// A small generator with a seed, so that a failure can be seen again.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    /// Hexadecimal digits, which compress to about half.
    mutating func text(_ count: Int) -> String {
        var text = ""
        while text.utf8.count < count { text += String(next(), radix: 16) }
        return text
    }
}

extension String {
    fileprivate var replacingSlash: String { self == "/" || self == "." ? "_" : self }
}

private func makedev(_ major: UInt32, _ minor: UInt32) -> dev_t {
    (dev_t(major & 0xfff) << 8) | dev_t(minor & 0xff) | (dev_t(minor & 0xfff00) << 12)
}
