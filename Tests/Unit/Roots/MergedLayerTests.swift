import FileTree
import Fixtures
import OCI
import SystemPackage
import Testing

@testable import Roots

@Suite("Layers that are put together of several directories")
struct MergedLayerTests {
    private func layer(_ name: String) -> Descriptor {
        Descriptor(mediaType: .tarGzip, digest: Digest(of: name.utf8), size: 1)
    }

    /// A roots directory with the layer "base", and "top" of two parts over it, that of foo first.
    private func withMerged(_ body: (RootsDirectory) throws -> Void) throws {
        try withTemporaryDirectory { root in
            let roots = try RootsDirectory(takingOver: root)
            try roots.contentPath(of: layer("base").digest).appending("file").write("base")
            let places = try ["foo", "bar"].map { name in
                let storage = roots.layer(name)
                try storage.reset()
                try storage.upperdir.appending(name).write(name)
                return try storage.keepUpperdir()
            }
            try install(MergedLayer(places, over: [MergedLayer.base([layer("base")])]), in: roots)
            try body(roots)
        }
    }

    private func install(_ merged: MergedLayer, in roots: RootsDirectory) throws {
        let temporary = try roots.makeTemporary()
        try merged.write(to: roots.directory.directory(temporary))
        try roots.install(temporary, as: layer("top").digest)
    }

    @Test("the upperdir is where it was, by a relative symlink, and moves once")
    func keeps() throws {
        try withMerged { roots in
            let foo = roots.layer("foo")
            let place = try foo.keepUpperdir()
            #expect(place.hasPrefix("part_"))
            #expect(try foo.upperdir.appending("foo").text() == "foo")
            let target = try roots.directory.directory("foo").symlinkTarget("overlay")
            #expect(target == FilePath("..").pushing(FilePath(place)))
            #expect(RootsDirectory.isContentName(String(place.prefix { $0 != "/" })))
        }
    }

    @Test("an overlay dir of any name is, too", arguments: ["overlay", "dir"])
    func keepsOverlayDirectory(name: String) throws {
        try withMerged { roots in
            let foo = roots.layer("foo")
            try foo.makeOverlayDirectory(name).replaceFile("it", with: "it".utf8)
            let place = try foo.keepOverlayDirectory(name)
            #expect(try foo.overlayDirectory(name).appending("it").text() == "it")
            #expect(try foo.keepOverlayDirectory(name) == place)
        }
    }

    @Test("its content is in all of the directories, over the same layers only")
    func contents() throws {
        try withMerged { roots in
            let contents = try roots.contents(of: [layer("base"), layer("top")])
            #expect(contents[0] == [roots.contentPath(of: layer("base").digest)])
            #expect(try contents[1]?.map { try Directory(at: $0).names() } == [["foo"], ["bar"]])
            #expect(try roots.contentOfTop(of: [layer("top")]) == nil)
            #expect(try roots.contentOfTop(of: [layer("other"), layer("top")]) == nil)
            try roots.extend(layer("top").digest, over: [layer("other")], as: [layer("base")])
            #expect(try roots.contentOfTop(of: [layer("other"), layer("top")]) == contents[1])
            #expect(try roots.contentOfTop(of: [layer("base"), layer("top")]) == contents[1])
        }
    }

    @Test("without one of the directories it is not there")
    func loss() throws {
        try withMerged { roots in
            let place = try roots.layer("bar").keepUpperdir()
            try roots.directory.removeTree(FilePath(String(place.prefix { $0 != "/" })))
            #expect(try roots.contentOfTop(of: [layer("base"), layer("top")]) == nil)
            #expect(try !roots.layer("bar").hasUpperdir)
        }
    }

    @Test("what was unpacked takes its place, and is kept from then on")
    func unpacked() throws {
        try withMerged { roots in
            let merged = try #require(try roots.contentOfTop(of: [layer("base"), layer("top")]))
            let temporary = try roots.makeTemporary()
            try roots.path.appending(temporary.string).appending("overlay/it").write("unpacked")
            try roots.install(temporary, as: layer("top").digest)
            try install(MergedLayer(["part_x/overlay"]), in: roots)
            let own = [roots.contentPath(of: layer("top").digest)]
            #expect(try roots.contentOfTop(of: [layer("other"), layer("top")]) == own)
            #expect(try merged.allSatisfy { try !Directory(at: $0).names().isEmpty })
        }
    }

    @Test("an upperdir that is part of one, and is encoded alone later, stays where it is")
    func encodedAlone() throws {
        try withMerged { roots in
            let foo = roots.layer("foo")
            let place = try foo.keepUpperdir()
            _ = try foo.moveUpperdir(to: layer("alone").digest)
            #expect(try roots.contentOfTop(of: [layer("alone")]) == [roots.path.pushing(FilePath(place))])
            #expect(try Directory(at: foo.upperdir).names().isEmpty)
        }
    }
}
