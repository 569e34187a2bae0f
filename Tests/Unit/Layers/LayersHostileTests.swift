import FileTree
import Glibc
import OCI
import SystemPackage
import Testing

@testable import Layers

@Suite("Layers: hostile archives")
struct LayersHostileTests {
    /// A nasty tar, and what is to become of it.
    struct Nasty: CustomTestStringConvertible, Sendable {
        var what: String
        var make: @Sendable (inout TarMaker, _ outside: String) -> Void
        /// Part of the error, or `nil` if it is to be unpacked, safely.
        var error: String?
        /// What is beneath the root afterwards.
        var names: [FilePath] = []
        var testDescription: String { what }
        /// Stands in ``names`` for the first directory of the path to what is outside.
        static let firstOfOutside: FilePath = "(first of outside)"

        init(
            _ what: String, error: String? = nil, names: [FilePath] = [],
            _ make: @escaping @Sendable (inout TarMaker, String) -> Void
        ) {
            (self.what, self.make, self.error, self.names) = (what, make, error, names)
        }
    }

    static let table: [Nasty] = [
        Nasty("a name with ..", error: "leads out of the root") { tar, _ in tar.add("../evil", "x") },
        Nasty("a name that goes down and too far up", error: "leads out of the root") { tar, _ in
            tar.add("a/../../evil", "x")
        },
        Nasty("a name whose .. stays inside", names: ["b"]) { tar, _ in tar.add("a/../b", "x") },
        Nasty("an absolute name", names: [Nasty.firstOfOutside]) { tar, outside in tar.add("\(outside)/evil", "x") },
        Nasty("dots and slashes", names: ["a"]) { tar, _ in tar.add("././/a//./b", "x") },
        Nasty("a write through an absolute symlink", error: "parent directory") { tar, outside in
            tar.add("link", .symlink, to: outside)
            tar.add("link/evil", "x")
        },
        Nasty("a write through a relative symlink", error: "parent directory") { tar, _ in
            tar.add("link", .symlink, to: "../outside")
            tar.add("link/evil", "x")
        },
        Nasty("a write through a symlink that stays inside", names: ["lib", "usr"]) { tar, _ in
            tar.add("usr/lib", .directory)
            tar.add("lib", .symlink, to: "/usr/lib")
            tar.add("lib/libc.so", "x")
        },
        Nasty("a symlink that is made a file", names: ["link"]) { tar, outside in
            tar.add("link", .symlink, to: "\(outside)/victim")
            tar.add("link", "evil")
        },
        Nasty("a symlink that is made a directory", names: ["link"]) { tar, outside in
            tar.add("link", .symlink, to: outside)
            tar.add("link", .directory)
            tar.add("link/evil", "x")
        },
        Nasty("a directory that becomes a symlink before its mode is set", names: ["d"]) { tar, outside in
            tar.add("d", .directory)
            tar.add("d/x", "x")
            tar.add("d", .symlink, to: outside)
        },
        Nasty("a hard link to outside", error: "leads out of the root") { tar, _ in
            tar.add("link", .hardLink, to: "../outside/victim")
        },
        Nasty("a hard link to an absolute name", error: "no such file") { tar, outside in
            tar.add("link", .hardLink, to: "\(outside)/victim")
        },
        Nasty("a hard link through a symlink to outside", error: "no such file") { tar, outside in
            tar.add("d", .symlink, to: outside)
            tar.add("link", .hardLink, to: "d/victim")
        },
        Nasty("a hard link to a symlink, then a write through both", names: ["a", "b"]) { tar, outside in
            tar.add("a", .symlink, to: "\(outside)/victim")
            tar.add("b", .hardLink, to: "a")
            tar.add("b", "evil")
        },
        Nasty("a hard link to itself", names: ["a"]) { tar, _ in
            tar.add("a", "x")
            tar.add("a", .hardLink, to: "a")
        },
        Nasty("a hard link to a directory", error: "not a file") { tar, _ in
            tar.add("d", .directory)
            tar.add("link", .hardLink, to: "d")
        },
        Nasty("a hard link to a whiteout", error: "not a file") { tar, _ in
            tar.add(".wh.x")
            tar.add("link", .hardLink, to: "x")
        },
        Nasty("a hard link without its file", error: "no such file") { tar, _ in tar.add("l", .hardLink, to: "missing")
        },
        Nasty("a whiteout outside", error: "leads out of the root") { tar, _ in tar.add("../outside/.wh.victim") },
        Nasty("a whiteout of ..", error: "whiteout") { tar, _ in tar.add(".wh...") },
        Nasty("an opaque mark through a symlink", error: "parent directory") { tar, outside in
            tar.add("link", .symlink, to: outside)
            tar.add("link/.wh..wh..opq")
        },
        Nasty("a loop of symlinks", error: "symbolic link") { tar, _ in
            tar.add("a", .symlink, to: "b")
            tar.add("b", .symlink, to: "a")
            tar.add("a/x", "x")
        },
        Nasty("a file in a file", error: "parent directory") { tar, _ in
            tar.add("f", "x")
            tar.add("f/x", "x")
        },
        Nasty("the root as a file", error: "root can only be a directory") { tar, _ in tar.add(".", "x") },
        Nasty("the root as a symlink", error: "root can only be a directory") { tar, outside in
            tar.add("./", .symlink, to: outside)
        },
        Nasty("overlay attributes", names: ["d"]) { tar, _ in
            tar.add(
                "d", .directory,
                attributes: [
                    .init(name: "user.overlay.redirect", value: Array("/etc".utf8)),
                    .init(name: "trusted.overlay.opaque", value: [UInt8(ascii: "y")]),
                    .init(name: "user.overlay.opaque", value: [UInt8(ascii: "y")]),
                ])
        },
        Nasty("more attributes than any file has", error: "attributes") { tar, _ in
            tar.add(
                "f", .regular,
                attributes: (0..<8).map { .init(name: "user.\($0)", value: [UInt8](repeating: 1, count: 60000)) })
        },
        Nasty("an endless name", error: "name is") { tar, _ in tar.add(String(repeating: "x/", count: 20000), "x") },
        Nasty("a component of 256 bytes", error: "name too long") { tar, _ in
            tar.add(String(repeating: "x", count: 256), "x")
        },
        Nasty("a file over a directory with files", names: ["d"]) { tar, _ in
            tar.add("d/e/f", "x")
            tar.add("d", "now a file")
        },
        Nasty("a directory over a file", names: ["d"]) { tar, _ in
            tar.add("d", "x")
            tar.add("d", .directory)
            tar.add("d/e", "x")
        },
    ]

    @Test("nothing outside is touched", arguments: table)
    func nasty(_ row: Nasty) throws {
        let scratch = try Scratch()
        let (out, outside) = (try scratch.sub("out"), try scratch.sub("outside"))
        try outside.put("victim", "untouched")
        let before = try outside.snapshot()
        let mode = try outside.file.status().permissions
        var maker = TarMaker()
        row.make(&maker, scratch.path("outside"))
        let text = failure { try maker.unpack(into: out) }
        if let error = row.error {
            #expect(text?.contains(error) == true, "\(text ?? "no error")")
        } else {
            #expect(text == nil)
            let first = FilePath(scratch.path("")).components.first.map { FilePath(root: nil, [$0]) }
            #expect(try out.names() == row.names.map { $0 == Nasty.firstOfOutside ? first ?? $0 : $0 })
        }
        #expect(try outside.snapshot() == before)
        #expect(try outside.file.status().permissions == mode)
        #expect(try scratch.directory.names() == ["out", "outside"])
        for name in try out.names() {
            #expect(!(try out.attributes(of: name)).contains { $0.name.description.contains("overlay") })
        }
    }

    @Test("bounds on entries and bytes")
    func bounds() throws {
        let scratch = try Scratch()
        let out = try scratch.sub("out")
        var maker = TarMaker()
        for number in 0..<20 { maker.add("f\(number)", "x") }
        var options = UnpackOptions()
        options.limits.entries = 10
        #expect(failure { try maker.unpack(into: out, options: options) }?.contains("more than 10 entries") == true)
        options = UnpackOptions()
        options.limits.bytes = 4096
        #expect(failure { try maker.unpack(into: out, options: options) }?.contains("more than 4096 bytes") == true)
    }

    @Test("a gzip bomb ends at its bound")
    func bomb() throws {
        let scratch = try Scratch()
        let (tree, blobs) = (try scratch.sub("tree"), try scratch.sub("blobs"))
        try tree.put("zeros")
        truncate(scratch.path("tree/zeros"), 300 << 20)
        let layer = try #require(try encode(tree, into: blobs))
        #expect(layer.descriptor.size < 1 << 20)
        var options = UnpackOptions()
        options.limits.bytes = 50 << 20
        let text = failure { try unpack(layer, from: blobs, into: try scratch.sub("out"), options: options) }
        #expect(text?.contains("unpacks to more than") == true)
    }

    @Test("the last entry of a name wins, and a directory keeps its files")
    func duplicates() throws {
        let scratch = try Scratch()
        let out = try scratch.sub("out")
        var maker = TarMaker()
        maker.add("f", "first")
        maker.add("g", .hardLink, to: "f")
        maker.add("f", "second")
        maker.add("d", .directory)
        maker.add("d/x", "x")
        maker.add("d", .directory, attributes: [.init(name: "user.second", value: [1])])
        try maker.unpack(into: out)
        #expect(try out.text("f") == "second")
        #expect(try out.text("g") == "first")
        #expect(try out.text("d/x") == "x")
        #expect(try out.attribute("user.second", of: "d") == [1])
    }
}
