import Failure
import FileTree
import Fixtures
import Glibc
import SystemPackage
import Testing

@testable import Layers

@Suite("Layers: many, long and deep")
struct LayersLargeTests {
    private let scratch: Scratch
    private let tree: Directory
    private let blobs: Directory
    private static let formats: [LayerFormat] = [.tar(.zstd()), .squashfs(), .erofs()]

    init() throws {
        scratch = try Scratch()
        tree = try scratch.sub("tree")
        blobs = try scratch.sub("blobs")
    }

    /// Encodes the tree in each format, and hands each of them to `body` when it is unpacked again.
    private func roundTrips(_ body: (_ layer: EncodedLayer, _ path: String) throws -> Void) throws {
        let layers = try #require(try encodeLayer(tree, as: Self.formats, into: blobs))
        #expect(layers.count == Self.formats.count)
        for layer in layers {
            let out = try scratch.sub("out")
            let report = try unpack(layer, from: blobs, into: out)
            #expect(report.leftOutAttributes.count == 0)
            try body(layer, scratch.path("out"))
            try scratch.directory.removeTree("out")
        }
    }

    /// What there is in a directory, said by another program: a line for each name, in order.
    private func list(_ path: String, times: Bool = false) throws -> String {
        let form = "%P %y %m %U:%G %n %l" + (times ? " %T@" : "")
        return try shell(
            "cd '\(path)' && find . -mindepth 1 -printf '\(form)' "
                + "\\( -type f -printf ' %s\\n' -o -printf '\\n' \\) | LC_ALL=C sort")
    }

    @Test("many files in one directory", arguments: [Effort.repetitions(100_000)])
    func manyFiles(_ count: Int) throws {
        let many = try tree.putDirectory("many")
        for number in 0..<count {
            let file = try many.openNoSymlinks(
                FilePath("file \(number)"), O_WRONLY | O_CREAT, mode: number % 7 == 0 ? 0o755 : 0o600)
            if number % 10 == 0 { try file.writeAll("\(number)".utf8) }
            try file.setModified(Timestamp(seconds: 1_000_000_000 + Int64(number)))
        }
        try tree.setTime("many", Timestamp(seconds: 1))
        let before = try list(scratch.path("tree"), times: true)
        #expect(before.split(separator: "\n").count == count + 1)
        let content = "find many -type f -print0 | LC_ALL=C sort -z | xargs -0 cat | sha256sum"
        let digest = try shell("cd \(scratch.path("tree")) && \(content)")
        try roundTrips { layer, path in
            let mediaType = layer.descriptor.mediaType
            #expect(layer.entries == count + 1, "\(mediaType)")
            // A comparison, since a message with both would be of 10 MB.
            let isEqual = try list(path, times: true) == before
            #expect(isEqual, "\(mediaType)")
            #expect(try shell("cd \(path) && \(content)") == digest, "\(mediaType)")
        }
    }

    @Test("a sparse file of a gibibyte takes no gibibyte anywhere")
    func sparse() throws {
        var random = SplitMix(state: 1)
        let sparse = try tree.openNoSymlinks("sparse", O_RDWR | O_CREAT, mode: 0o644)
        for (offset, text) in [(0, "start"), (512 << 20 + 777, random.text(100_000)), (1 << 30 - 3, "end")] {
            try Array(text.utf8).withUnsafeBytes { try sparse.writeAll($0, at: Int64(offset)) }
        }
        #expect(try sparse.status().size == 1 << 30)
        try roundTrips { layer, path in
            let mediaType = layer.descriptor.mediaType
            // An erofs has eight bytes for each block of content, and two blocks for each half a mebibyte of zeros.
            #expect(layer.descriptor.size < 16 << 20, "\(mediaType)")
            try shell("cmp \(scratch.path("tree/sparse")) \(path)/sparse")
            let blocks = try #require(Int(shell("stat -c %b \(path)/sparse").split(separator: "\n")[0]))
            #expect(blocks * 512 < 2 << 20, "\(mediaType)")
        }
    }

    @Test("a path of 4,000 bytes")
    func longPath() throws {
        let directories = Array(repeating: String(repeating: "d", count: 199), count: 19).joined(separator: "/")
        let path = "\(directories)/\(String(repeating: "f", count: 4000 - directories.utf8.count - 1))"
        #expect(path.utf8.count == 4000)
        try tree.put(path, "content")
        try tree.put(directories + "/first", "linked")
        try shell("cd \(scratch.path("tree")) && ln \(directories)/first \(directories)/second")
        try tree.putSymlink("link", to: String(repeating: "t", count: 1000))
        let before = try list(scratch.path("tree"))
        try roundTrips { layer, path in
            let (names, after) = (String(repeating: "*/", count: 19), try list(path))
            #expect(after == before, "\(layer.descriptor.mediaType)")
            let content = try shell("cd \(path) && cat \(names)ff* \(names)second")
            #expect(content == "contentlinked")
        }
    }

    @Test("directories within each other, far deeper than descriptors are kept open")
    func deep() throws {
        try shell(
            """
            cd \(scratch.path("tree"))
            python3 -c '
            import os
            for level in range(400):
                for name in ("a", "e"): open(name, "w").write(str(level))
                os.mkdir("d")
                if level % 100 == 50: os.mkdir("b"); open("b/f", "w").close()
                os.chdir("d")
            '
            """)
        let before = try list(scratch.path("tree"))
        #expect(before.split(separator: "\n").count == 1208)
        try roundTrips { layer, path in
            let isEqual = try list(path) == before
            #expect(isEqual, "\(layer.descriptor.mediaType)")
        }
    }

    @Test("a walk holds only so many directories open, and comes back to each")
    func openDirectories() throws {
        var directory = tree
        for level in 0..<300 {
            for name in ["a", "z"] { try directory.put(name, "\(level)") }
            directory = try directory.putDirectory("d")
        }
        let open = Counter()
        var options = EncodeOptions()
        options.root = .always
        let walked = try #require(
            try encodeLayer(CountedNode(DirectoryNode(tree), open), as: [.tar(.none)], into: blobs, options: options))
        #expect(walked[0].entries == 901)
        #expect(open.most > 50)
        #expect(open.most < 110)
        let plain = try encodeLayer(tree, as: [.tar(.none)], into: blobs, options: options)
        #expect(walked == plain)
    }
}

/// How many nodes there are at once.
private final class Counter {
    private var now = 0
    private(set) var most = 0

    func add(_ count: Int) {
        now += count
        most = max(most, now)
    }
}

/// A directory that counts itself.
private final class CountedNode: TreeNode {
    private let node: any TreeNode
    private let counter: Counter

    init(_ node: any TreeNode, _ counter: Counter) {
        (self.node, self.counter) = (node, counter)
        counter.add(1)
    }

    deinit {
        counter.add(-1)
    }

    var directory: Directory { node.directory }
    var isOpaque: Bool? { node.isOpaque }
    func children() throws -> [TreeChild] { try node.children() }
    func node(_ name: FileName) throws -> any TreeNode { CountedNode(try node.node(name), counter) }
}
