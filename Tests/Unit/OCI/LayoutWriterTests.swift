import Dispatch
import Failure
import FileTree
import Fixtures
import Glibc
import SystemPackage
import Testing

@testable import OCI

@Suite("A writer to an OCI layout")
struct LayoutWriterTests {
    /// A layout with an image, which has a layer, and a blob that no image has.
    private struct Scene {
        let layout: Layout
        let needed: [Descriptor]
        let unneeded: Descriptor

        init(in root: FilePath) throws {
            let writer = try LayoutWriter(openingOrCreating: root.appending("oci"))
            layout = writer.layout
            let layer = try writer.put(Array("layer".utf8), .tar)
            let config = try writer.put(Array("{}".utf8), .config)
            let image = try writer.put(JSON.encode(ImageManifest(config: config, layers: [layer])), .manifest)
            try writer.updateIndex { $0.setEntry(tag: "image", to: image) }
            needed = [layer, config, image]
            unneeded = try writer.put(Array("unneeded".utf8), .tar)
        }

        func reached() throws -> Set<Digest> { try layout.reach(from: layout.index().manifests) }

        /// What there is beside the index.
        func others() throws -> [FilePath] {
            try layout.directory.names().filter { !["blobs", "index.json", "oci-layout"].contains($0.string) }
        }
    }

    /// What must not fail, on a thread of its own.
    private func succeed(_ body: () throws -> Void) {
        do { try body() } catch { Issue.record(error) }
    }

    @Test("what no image needs goes if a stacker has written it")
    func collects() throws {
        try withTemporaryDirectory { root in
            let scene = try Scene(in: root)
            try #require(try LayoutCollection(of: scene.layout)).remove(keeping: scene.reached()) { digest, _ in
                digest == scene.unneeded.digest
            }
            #expect(try !scene.layout.holds(scene.unneeded))
            #expect(try scene.layout.holdsAll(scene.needed))
        }
    }

    @Test("what another program has written goes when it is an hour old, and not before")
    func waitsForOthers() throws {
        try withTemporaryDirectory { root in
            let scene = try Scene(in: root)
            let collection = try #require(try LayoutCollection(of: scene.layout))
            func garbage(after seconds: Int64) throws -> [FilePath] {
                var now = Timestamp.now
                now.seconds += seconds
                return try collection.garbage(keeping: scene.reached(), now: now) { _, _ in false }
            }
            #expect(try garbage(after: 0) == [])
            #expect(try garbage(after: 3590) == [])
            #expect(try garbage(after: 3610) == [FilePath(scene.unneeded.digest.hex)])
        }
    }

    @Test("nothing is collected as long as there is a writer")
    func isNotDisturbed() throws {
        try withTemporaryDirectory { root in
            let scene = try Scene(in: root)
            let writer = try LayoutWriter(scene.layout)
            let collection = try LayoutCollection(of: scene.layout)
            withExtendedLifetime(writer) { #expect(collection?.layout.path == nil) }
        }
        try withTemporaryDirectory { root in
            let layout = try Scene(in: root).layout
            #expect(try LayoutCollection(of: layout)?.layout.path == layout.path)
        }
    }

    @Test("whose end has come is in nobody's way, whatever copies there are of its descriptors")
    func letsGo() throws {
        try withTemporaryDirectory { root in
            let layout = try Scene(in: root).layout
            var copies: [OpenFile] = []
            do {
                let writer = try LayoutWriter(layout)
                let blob = try writer.newBlob()
                copies = try copiesOfDescriptors(beneath: root)
                withExtendedLifetime(blob) {}
            }
            #expect(!copies.isEmpty)
            #expect(try LayoutCollection(of: layout)?.layout.path == layout.path)
            withExtendedLifetime(copies) {}
        }
    }

    @Test("leaves nothing in the layout but blobs and the index")
    func leavesNothing() throws {
        try withTemporaryDirectory { root in
            let scene = try Scene(in: root)
            do {
                let blob = try LayoutWriter(scene.layout).newBlob()
                try blob.file.writeAll("never finished".utf8)
                #expect(try scene.others().count == 1)
            }
            #expect(try scene.others() == [])
        }
    }

    @Test("what a killed one has left goes with the next, what one that lives is at stays")
    func removesDead() throws {
        try withTemporaryDirectory { root in
            let scene = try Scene(in: root)
            // As a kill leaves it: nobody has it locked.
            let dead: FilePath = ".stacker.0123456789abcdef.tmp"
            try scene.layout.directory.makeDirectory(dead)
            try scene.layout.path.pushing(dead).appending("half").write("half")
            let living = try LayoutWriter(scene.layout)
            let blob = try living.newBlob()
            #expect(try scene.layout.directory.status(dead) == nil)
            let other = try LayoutWriter(scene.layout)
            _ = try other.put(Array("other".utf8), .tar)
            #expect(try scene.others().count == 2)
            try blob.file.writeAll("living".utf8)
            try blob.commit(Digest(of: "living".utf8))
            #expect(try scene.layout.blobs.readFile(FilePath(Digest(of: "living".utf8).hex), limit: 100) != nil)
        }
    }

    @Test("many at once lose no tag")
    func losesNoTag() throws {
        try withTemporaryDirectory { root in
            let scene = try Scene(in: root)
            DispatchQueue.concurrentPerform(iterations: 32) { number in
                succeed {
                    let writer = try LayoutWriter(Layout(at: scene.layout.path))
                    try writer.updateIndex { $0.setEntry(tag: "t\(number)", to: scene.needed[2]) }
                }
            }
            let tags = try scene.layout.index().tags
            #expect(Set(tags) == Set((0..<32).map { "t\($0)" } + ["image"]))
        }
    }

    @Test("two that make a layout at once make one, with what both have named")
    func makesOne() throws {
        for _ in 0..<20 {
            try withTemporaryDirectory { root in
                let path = root.appending("new/oci")
                DispatchQueue.concurrentPerform(iterations: 4) { number in
                    succeed {
                        let writer = try LayoutWriter(openingOrCreating: path)
                        let blob = try writer.put(Array("\(number)".utf8), .manifest)
                        try writer.updateIndex { $0.setEntry(tag: "t\(number)", to: blob) }
                    }
                }
                let tags = try Layout(at: path).index().tags
                #expect(tags.sorted() == ["t0", "t1", "t2", "t3"])
            }
        }
    }

    @Test(
        "goes on with the making of a layout that was broken off",
        arguments: [
            ["blobs/"], ["blobs/sha256/"], ["blobs/sha256/", ".stacker.00.tmp/"], ["blobs/sha256/", "oci-layout"],
        ])
    func goesOn(left: [String]) throws {
        try withTemporaryDirectory { root in
            for name in left {
                let path = root.appending("oci").appending(name)
                if name.hasSuffix("/") { try Directory.create(path) } else { try path.write("{}") }
            }
            #expect(throws: Failure.self) { try Layout(at: root.appending("oci")) }
            #expect(try Layout(ifThereAt: root.appending("oci"))?.path == nil)
            #expect(try LayoutWriter(openingOrCreating: root.appending("oci")).layout.index() == ImageIndex())
        }
    }

    @Test("takes no layout that lost its index for one that is being made")
    func refusesDamaged() throws {
        try withTemporaryDirectory { root in
            let scene = try Scene(in: root)
            try scene.layout.directory.remove("index.json")
            #expect(throws: Failure.self) { try LayoutWriter(openingOrCreating: scene.layout.path) }
            #expect(try scene.layout.holdsAll(scene.needed))
        }
    }

    @Test("a directory in the place of a blob gives way, and a symlink is not followed", arguments: [true, false])
    func replaces(isDirectory: Bool) throws {
        try withTemporaryDirectory { root in
            let scene = try Scene(in: root)
            let layer = FilePath(scene.needed[0].digest.hex)
            try scene.layout.blobs.remove(layer)
            let victim = root.appending("victim")
            try victim.write("LAYER")
            if isDirectory {
                try scene.layout.blobs.makeDirectory(layer)
            } else {
                try scene.layout.blobs.makeSymlink(layer, to: victim)
            }
            #expect(try !scene.layout.holds(scene.needed[0]))
            _ = try LayoutWriter(scene.layout).put(Array("layer".utf8), .tar)
            #expect(try scene.layout.read(scene.needed[0]) == Array("layer".utf8))
            #expect(try victim.text() == "LAYER")
        }
    }

    @Test("a blob that can't get its name is an error")
    func cannotName() throws {
        try withTemporaryDirectory { root in
            let writer = try LayoutWriter(openingOrCreating: root.appending("oci"))
            try Directory(at: root.appending("oci/blobs")).removeTree("sha256")
            let failure = #expect(throws: Failure.self) { try writer.put(Array("layer".utf8), .tar) }
            #expect(failure?.description.contains("couldn't write blob \(Digest(of: "layer".utf8))") == true)
        }
    }
}
