import FileTree
import Fixtures
import Glibc
import Layers
import SystemPackage
import Testing

@testable import Host
@testable import Roots

/// What is in one layer that was made of several.
@Suite("Several layers as one")
struct CollapsedDirectoryTests {
    /// A change of a layer directory.
    enum Change: Sendable {
        case file(String, _ content: String)
        case directory(String, mode: mode_t = 0o755)
        case opaque(String)
        case whiteout(String)
        case link(String, to: String)
        case symlink(String, to: String)

        func apply(to root: FilePath) throws {
            switch self {
            case .file(let name, let content): try root.appending(name).write(content)
            case .directory(let name, let mode):
                try Directory.create(root.appending(name))
                try checked(chmod(root.appending(name).string, mode))
            case .opaque(let name): try root.appending(name).makeOpaque()
            case .whiteout(let name): try root.appending(name).makeWhiteout()
            case .link(let name, let target):
                try checked(Glibc.link(root.appending(target).string, root.appending(name).string))
            case .symlink(let name, let target):
                try Directory(at: root).makeSymlink(FilePath(name), to: FilePath(target))
            }
        }
    }

    struct Case: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var below: [Change] = []
        var lower: [Change]
        var upper: [Change]
        /// A line for each entry.
        var expected: [String]

        init(
            _ name: String, below: [Change] = [], lower: [Change], upper: [Change], _ expected: String...
        ) {
            testDescription = name
            (self.below, self.lower, self.upper, self.expected) = (below, lower, upper, expected)
        }
    }

    static let cases = [
        Case(
            "what came and went leaves nothing", lower: [.file("big", "big")], upper: [.whiteout("big")]),
        Case(
            "what replaced a file and went leaves the whiteout of that file", below: [.file("f", "old")],
            lower: [.file("f", "new")], upper: [.whiteout("f")], "f whiteout"),
        Case("the upper file is the one", lower: [.file("f", "lower")], upper: [.file("f", "upper")], "f file upper"),
        Case(
            "directories merge, and the upper one's mode holds", below: [.file("d/below", "")],
            lower: [.directory("d", mode: 0o700), .file("d/1", "1")],
            upper: [.directory("d", mode: 0o711), .file("d/2", "2")],
            "d directory 711", "d/1 file 1", "d/2 file 2"),
        Case(
            "a whiteout below the run hides nothing", below: [.whiteout("f")], lower: [.file("f", "it")],
            upper: [.whiteout("f")]),
        Case(
            "a whiteout in the lower layer that the upper one fills", below: [.file("f", "old")],
            lower: [.whiteout("f")], upper: [.file("f", "again")], "f file again"),
        Case(
            "a directory over a whiteout of one is opaque", below: [.file("d/old", "")], lower: [.whiteout("d")],
            upper: [.file("d/new", "n")], "d directory 755 opaque", "d/new file n"),
        Case(
            "a directory over a whiteout of an empty one is not", below: [.directory("d")], lower: [.whiteout("d")],
            upper: [.file("d/new", "n")], "d directory 755", "d/new file n"),
        Case(
            "a directory over a whiteout of a file is not", below: [.file("d", "")], lower: [.whiteout("d")],
            upper: [.file("d/new", "n")], "d directory 755", "d/new file n"),
        Case(
            "an upper opaque directory hides the lower one, and is not opaque over nothing",
            lower: [.file("d/lower", "")], upper: [.opaque("d"), .file("d/upper", "u")],
            "d directory 755", "d/upper file u"),
        Case(
            "an upper opaque directory stays opaque over something", below: [.file("d/below", "")],
            lower: [.file("d/lower", "")], upper: [.opaque("d"), .file("d/upper", "u")],
            "d directory 755 opaque", "d/upper file u"),
        Case(
            "a lower opaque directory makes the merged one opaque", below: [.file("d/below", "")],
            lower: [.opaque("d"), .file("d/lower", "l")], upper: [.file("d/upper", "u")],
            "d directory 755 opaque", "d/lower file l", "d/upper file u"),
        Case(
            "a whiteout in an opaque directory hides nothing", below: [.file("d/f", ""), .file("d/g", "")],
            lower: [.opaque("d"), .file("d/f", "l")], upper: [.whiteout("d/f"), .whiteout("d/g")],
            "d directory 755 opaque"),
        Case(
            "below an opaque directory nothing shows through", below: [.file("d/sub/f", "")],
            lower: [.opaque("d"), .directory("d/sub")], upper: [.whiteout("d/sub/f")],
            "d directory 755 opaque", "d/sub directory 755"),
        Case(
            "a file becomes a directory", below: [.file("x/old", "")], lower: [.file("x", "file")],
            upper: [.opaque("x"), .file("x/in", "i")], "x directory 755 opaque", "x/in file i"),
        Case(
            "a directory over a file is opaque over a directory", below: [.file("x/old", "")],
            lower: [.file("x", "file")], upper: [.file("x/in", "i")], "x directory 755 opaque", "x/in file i"),
        Case(
            "a directory becomes a symlink", below: [.file("d/old", "")], lower: [.file("d/new", "")],
            upper: [.symlink("d", to: "e")], "d symlink e"),
        Case(
            "the first name of a file goes, the others stay one file",
            lower: [.file("a", "it"), .link("b", to: "a"), .link("c", to: "a")],
            upper: [.whiteout("a")], "b file it", "c is b"),
        Case(
            "names of one file in two layers are two files",
            lower: [.file("a", "l"), .link("b", to: "a"), .link("c", to: "a")],
            upper: [.file("b", "u"), .link("d", to: "b")], "a file l", "b file u", "c is a", "d is b"),
        Case(
            "a deep whiteout that hides something", below: [.file("d/e/f", "")], lower: [.file("d/e/g", "g")],
            upper: [.whiteout("d/e/f")], "d directory 755", "d/e directory 755", "d/e/f whiteout", "d/e/g file g"),
    ]

    @Test("what is hidden is not in it", arguments: cases)
    func collapse(_ test: Case) throws {
        try withTemporaryDirectory { work in
            let roots = try [("upper", test.upper), ("lower", test.lower), ("below", test.below)].map { name, changes in
                let root = work.appending(name)
                try Directory.create(root)
                for change in changes { try change.apply(to: root) }
                return try Directory(at: root)
            }
            let tree = CollapsedDirectory(Array(roots.prefix(2)), over: [roots[2]])
            #expect(try Self.entries(of: tree, in: work) == test.expected)
        }
    }

    /// The entries of the layer that a tree becomes. Read by tar, so that whiteouts and links are what others make of
    /// them; none if there is no layer.
    private static func entries(of tree: any TreeNode, in work: FilePath) throws -> [String] {
        let blobs = try Directory(creating: work.appending("blobs"))
        guard let layer = try encodeLayer(tree, as: [.tar(.none)], into: blobs)?.first else { return [] }
        let script = """
            import sys, tarfile
            opaque = "/.wh..wh..opq"
            tar = tarfile.open(sys.argv[1])
            marked = {entry.name[:-len(opaque)] for entry in tar if entry.name.endswith(opaque)}
            for entry in tar:
                head, _, tail = entry.name.rpartition("/")
                if entry.name.endswith(opaque): continue
                if tail.startswith(".wh."): print(head + "/" * bool(head) + tail[4:], "whiteout")
                elif entry.isdir(): print(entry.name, "directory", "%o" % entry.mode, *["opaque"] * (entry.name in marked))
                elif entry.issym(): print(entry.name, "symlink", entry.linkname)
                elif entry.islnk(): print(entry.name, "is", entry.linkname)
                else: print(entry.name, "file", tar.extractfile(entry).read().decode())
            """
        try work.appending("list.py").write(script)
        let output = try ChildProcess.run(
            [
                "python3", work.appending("list.py").string,
                work.appending("blobs/\(layer.descriptor.digest.hex)").string,
            ], patience: .seconds(600))
        #expect(output.status == 0)
        return output.text.split(separator: "\n").map(String.init)
    }

    @Test("a layer deeper than any path is walked")
    func deep() throws {
        try withTemporaryDirectory { work in
            let name = String(repeating: "n", count: 100)
            let lower = try Directory(creating: work.appending("lower"))
            var directory = lower
            for _ in 0..<150 {
                try directory.makeDirectory(FilePath(name))
                directory = try directory.directory(FilePath(name))
            }
            try directory.replaceFile("it", with: "it".utf8)
            let upper = try Directory(creating: work.appending("upper"))
            try upper.makeDirectory(FilePath(name))
            let blobs = try Directory(creating: work.appending("blobs"))
            let layer = try encodeLayer(
                CollapsedDirectory([upper, lower], over: [lower]), as: [.tar(.none)], into: blobs)?.first
            #expect(layer?.entries == 151)
        }
    }
}
