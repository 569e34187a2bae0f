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

    @Test("a layer that was made once more takes the place of what is there if that has other files")
    func mends() throws {
        try withTemporaryDirectory { root in
            let roots = try RootsDirectory(takingOver: root)
            func install(_ files: [String], mending: Bool) throws -> [FilePath] {
                let temporary = try roots.makeTemporary()
                for file in files { try root.appending(temporary.string).appending("overlay/\(file)").write(file) }
                try roots.install(temporary, as: digest, mending: mending)
                #expect(try Directory(at: root).names().filter { $0.string.hasPrefix(".") } == [".stacker-roots"])
                return try Directory(at: roots.contentPath(of: digest)).names().sorted { $0.string < $1.string }
            }
            #expect(try install(["a"], mending: false) == ["a"])
            #expect(try install(["a", "b"], mending: false) == ["a"])
            #expect(try install(["a", "b"], mending: true) == ["a", "b"])
            let known = try Directory(at: roots.contentPath(of: digest)).file.status()
            #expect(try install(["a", "b"], mending: true) == ["a", "b"])
            #expect(try Directory(at: roots.contentPath(of: digest)).file.status().inode == known.inode)
        }
    }

    @Test("what has no content under its name is replaced by what has")
    func replacesEmpty() throws {
        try withTemporaryDirectory { root in
            let roots = try RootsDirectory(takingOver: root)
            try root.appending(digest.directoryName.string).appending("merged.json").write("{}")
            let temporary = try roots.makeTemporary()
            try root.appending(temporary.string).appending("overlay/file").write("content")
            try roots.install(temporary, as: digest)
            #expect(try roots.contentPath(of: digest).appending("file").text() == "content")
        }
    }

    @Test("a further type's digest leads to mended content only if it is other content, and only who mends changes it")
    func mendsLinks() throws {
        try withTemporaryDirectory { root in
            let roots = try RootsDirectory(takingOver: root)
            let (alias, other) = (Digest(of: "squashfs".utf8), Digest(of: "mended".utf8))
            for (digest, file) in [(digest, "a"), (other, "b")] {
                let temporary = try roots.makeTemporary()
                try root.appending(temporary.string).appending("overlay/\(file)").write("")
                try roots.install(temporary, as: digest)
            }
            func target() throws -> FilePath { try Directory(at: root).symlinkTarget(alias.directoryName) }
            try roots.link(digest, to: digest)
            #expect(try Directory(at: root).status(digest.directoryName)?.kind == .directory)
            try roots.link(alias, to: digest)
            try roots.link(alias, to: other)
            #expect(try target() == digest.directoryName)
            try roots.link(alias, to: other, mending: true)
            #expect(try target() == other.directoryName)
            #expect(try Directory(at: root).names().filter { $0.string.hasPrefix(".") } == [".stacker-roots"])
            // The same files are the same content.
            try root.appending(digest.directoryName.string).appending("overlay/b").write("")
            try Directory(at: roots.contentPath(of: digest)).remove("a")
            try roots.link(alias, to: digest, mending: true)
            #expect(try target() == other.directoryName)
        }
    }

    @Test("content that is discarded goes with the names that lead to it, and nothing else does")
    func discards() throws {
        try withTemporaryDirectory { root in
            let roots = try RootsDirectory(takingOver: root)
            let (alias, kept) = (Digest(of: "squashfs".utf8), Digest(of: "kept".utf8))
            for digest in [digest, kept] {
                try root.appending(digest.directoryName.string).appending("overlay/file").write("")
            }
            try roots.link(alias, to: digest)
            try root.appending("foo/overlay/file").write("")
            try roots.discard("foo")
            try roots.discard(alias.directoryName)
            try roots.discard(alias.directoryName)
            let names = try Directory(at: root).names().map(\.string).sorted()
            #expect(names == [".stacker-roots", "foo", kept.directoryName.string])
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
