import FileTree
import Fixtures
import OCI
import SystemPackage
import Testing

@testable import Roots

@Suite("The roots directory")
struct RootsDirectoryTests {
    private let digest = Digest(of: "layer".utf8)

    @Test("storage of another implementation is removed, somebody's own files stay")
    func distrusts() throws {
        try withTemporaryDirectory { root in
            try root.appending("sha256_\(digest.hex)/overlay/file").write("theirs")
            try root.appending("foo/overlay/file").write("theirs")
            try root.appending("foo/overlay_metadata.json").write("{}")
            try root.appending("notes/file").write("mine")
            let roots = try RootsDirectory(takingOver: root)
            #expect(try !roots.holdsOwnContent(of: digest))
            #expect(try roots.layer("foo").metadata() == nil)
            #expect(try root.appending("notes/file").text() == "mine")
        }
    }

    @Test("of two layers with one digest the first is kept")
    func keepsFirst() throws {
        try withTemporaryDirectory { root in
            let roots = try RootsDirectory(takingOver: root)
            for content in ["first", "second"] {
                let temporary = try roots.makeTemporary()
                try root.appending(temporary.string).appending("overlay/file").write(content)
                try roots.install(temporary, as: digest)
            }
            #expect(try roots.contentPath(of: digest).appending("file").text() == "first")
        }
    }

    @Test("a further type's digest is a relative symlink to the first")
    func links() throws {
        try withTemporaryDirectory { root in
            let roots = try RootsDirectory(takingOver: root)
            let other = Digest(of: "squashfs".utf8)
            try roots.link(other, to: digest)
            try roots.link(other, to: digest)
            let target = try Directory(at: root).symlinkTarget(other.directoryName)
            #expect(target == digest.directoryName)
        }
    }

    @Test("a moved upperdir leaves an empty one")
    func movesUpper() throws {
        try withTemporaryDirectory { root in
            let layer = try RootsDirectory(takingOver: root).layer("foo")
            try layer.reset()
            try layer.upperdir.appending("file").write("changed")
            _ = try layer.moveUpperdir(to: digest)
            let left = try Directory(at: layer.upperdir).names()
            #expect(left.isEmpty)
            #expect(try layer.roots.contentPath(of: digest).appending("file").text() == "changed")
        }
    }

    @Test("what a killed run left under a temporary name is removed")
    func removesTemporaries() throws {
        try withTemporaryDirectory { root in
            let roots = try RootsDirectory(takingOver: root)
            _ = try roots.makeTemporary()
            try roots.removeTemporaries()
            let left = try Directory(at: root).names()
            #expect(left == [".stacker-roots"])
        }
    }
}
