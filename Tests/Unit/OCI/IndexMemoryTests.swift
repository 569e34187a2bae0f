import Failure
import FileTree
import Fixtures
import Glibc
import SystemPackage
import Testing

@testable import OCI

@Suite("What is remembered of an index")
struct IndexMemoryTests {
    private static func digest(_ text: String) -> Digest { Digest(of: text.utf8) }

    private static func descriptor(_ text: String) -> Descriptor {
        Descriptor(mediaType: .manifest, digest: digest(text), size: Int64(text.utf8.count))
    }

    private static func entry(_ digest: String, _ tag: String) -> String {
        #"{"annotations":{"org.opencontainers.image.ref.name":"\#(tag)"},"digest":"\#(digest)","size":1}"#
    }

    /// Entries of ours and foreign ones, and members before and behind the list, one of which looks like it.
    private static let odd = """
        {"abc":{"manifests":[1]},"annotations":{"a":"\\"manifests\\":["},"manifests":[\(entry("sha512:1", "x")),\
        \(entry("\(digest("a"))", "a")),\(entry("sha512:2", "y")),\(entry("\(digest("b"))", "b")),\
        \(entry("sha512:3", "z"))],"schemaVersion":2,"subject":{"b":[{}]}}
        """

    @Test("in pieces it is written as in one, whatever is changed", arguments: [#"{"schemaVersion":2}"#, odd])
    func pieces(text: String) throws {
        var index = try JSON.decode(ImageIndex.self, from: Array(text.utf8))
        var known = try KnownIndex(Array(text.utf8))
        for (number, tag) in ["new", "a", "y", "b", "new", "more", "z"].enumerated() {
            let image = Self.descriptor("\(number)")
            index.setEntry(tag: tag, to: image)
            let bytes = try known.make(.tags([.init(tag, image)]))
            #expect(try String(decoding: bytes, as: UTF8.self) == String(decoding: JSON.encode(index), as: UTF8.self))
            #expect(known.index == index)
            #expect(known.entry(tag: tag) == index.entry(tag: tag))
        }
    }

    @Test("whoever sets one tag after the other has neither decoded nor encoded the index anew each time")
    func oneAfterTheOther() throws {
        try withTemporaryDirectory { root in
            let writer = try LayoutWriter(openingOrCreating: root.appending("oci"))
            let layout = writer.layout
            let image = try writer.put(Array("{}".utf8), .manifest)
            for tag in ["a", "b", "c"] {
                try writer.setEntries([(tag, image)])
                // One that was read anew has no pieces.
                #expect(try layout.memory.with(layout.directory) { $0.isInPieces })
            }
            #expect(try Layout(at: layout.path).index().tags == ["a", "b", "c"])
        }
    }

    @Test("a tag that is what it is to be changes nothing")
    func same() throws {
        try withTemporaryDirectory { root in
            let writer = try LayoutWriter(openingOrCreating: root.appending("oci"))
            let image = try writer.put(Array("{}".utf8), .manifest)
            try writer.setEntries([("a", image), ("b", image)])
            let before = try writer.layout.directory.status("index.json")
            try writer.setEntries([("b", image)])
            #expect(try writer.layout.directory.status("index.json") == before)
        }
    }

    @Test("what other programs make of the file is seen at once: in place, of the same length, in the same instant")
    func others() throws {
        try withTemporaryDirectory { root in
            let path = root.appending("oci")
            let writer = try LayoutWriter(openingOrCreating: path)
            let image = try writer.put(Array("{}".utf8), .manifest)
            try writer.setEntries([("aaaa", image)])
            let file = path.appending("index.json")
            for tag in ["bbbb", "cccc", "dddd"] {
                let old = try #require(writer.layout.index().tags.first)
                let changed = try file.text().replacing("\"\(old)\"", with: "\"\(tag)\"")
                try OpenFile(file, O_WRONLY).writeAll(changed.utf8)
                #expect(try writer.layout.index().tags == [tag])
                #expect(try writer.layout.entry(tag: tag) != nil)
            }
            try root.appending("new").write(file.text().replacing("\"dddd\"", with: "\"eeee\""))
            try Directory(at: root).rename("new", to: "oci/index.json")
            try writer.setEntries([("ffff", image)])
            #expect(try Layout(at: path).index().tags == ["eeee", "ffff"])
            try Directory(at: path).remove("index.json")
            #expect(throws: Failure.self) { try writer.layout.index() }
        }
    }

    @Test("a file that lies back is known, and read again when it is touched")
    func settled() throws {
        try withTemporaryDirectory { root in
            let path = root.appending("oci")
            let layout = try LayoutWriter(openingOrCreating: path).layout
            usleep(120_000)
            #expect(try layout.index() == layout.index())
            try path.appending("index.json").write(#"{"schemaVersion":2,"manifests":[],"annotations":{"a":"b"}}"#)
            #expect(try layout.index().annotations == ["a": "b"])
        }
    }
}
