import Failure
import FileTree
import Fixtures
import Glibc
import Layers
import SystemPackage
import Testing

@testable import Roots
@testable import Stacker

@Suite("Walking and copying the merged view")
struct MergedDirectoryTests {
    /// All names beneath a directory, depth first.
    private func names(_ directory: any TreeNode, below: FilePath = "") throws -> [String] {
        try directory.children().flatMap { child -> [String] in
            let path = below.pushing(child.name.path)
            guard case .directory(let inner) = try SourceNode(child, of: directory) else { return [path.string] }
            return try [path.string] + names(inner, below: path)
        }
    }

    @Test("shows each name once, and nothing that is hidden")
    func listing() throws {
        try withTemporaryDirectory { root in
            let layers = ["top", "middle", "bottom"].map { root.appending($0) }
            for layer in layers { try Directory.create(layer) }
            try layers[2].appending("a/both").write("bottom")
            try layers[2].appending("a/deleted").write("")
            try layers[2].appending("opaque/hidden").write("")
            try layers[1].appending("a/middle").write("")
            try layers[1].appending("gone/file").write("")
            try layers[0].appending("a/both").write("top")
            try layers[0].appending("a/deleted").makeWhiteout()
            try layers[0].appending("gone").makeWhiteout()
            try layers[0].appending("opaque").makeOpaque()
            try layers[0].appending("opaque/seen").write("")
            let view = try MergedView(layers)
            #expect(try names(view.root) == ["a", "a/both", "a/middle", "opaque", "opaque/seen"])

            var copy = TreeCopy(.init(uid: getuid(), gid: getgid()), .ofHost) { _ in }
            try copy.copyContents(of: view.root, into: Directory(creating: root.appending("copy")))
            #expect(try names(DirectoryNode(Directory(at: root.appending("copy")))) == names(view.root))
            #expect(try root.appending("copy/a/both").text() == "top")
        }
    }

    @Test("of no layers is empty")
    func empty() throws {
        #expect(try MergedView([]).root.children().isEmpty)
    }

    @Test("a path is found in it, or there is nothing at it")
    func nodes() throws {
        try withTemporaryDirectory { root in
            try root.appending("layer/data/file").write("x")
            try Directory(at: root.appending("layer")).makeSymlink("link", to: "/data")
            let view = try MergedView([root.appending("layer")])
            #expect(try SourceNode(at: "/link", in: view, following: true).isDirectory)
            #expect(try !SourceNode(at: "/link", in: view, following: false).isDirectory)
            #expect(throws: Errno.noSuchFileOrDirectory) {
                try SourceNode(at: "/link/nothing", in: view, following: true)
            }
        }
    }
}
