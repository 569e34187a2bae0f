import FileTree
import Fixtures
import Glibc
import SystemPackage
import Testing

@testable import Recipes
@testable import Roots
@testable import Stacker

@Suite("What the cache says of overlay dirs")
struct OverlayDirectoryCheckTests {
    /// Three overlay dirs with one file each, and their copies in the storage of the layer "it".
    private func withCopies(_ body: (FilePath, LayerDefinition, LayerDirectory) throws -> Void) throws {
        try withTemporaryDirectory { root in
            let names = ["one", "two", "three"]
            let entries = names.map { "    - {source: \($0), dest: /data}\n" }.joined()
            let recipe = try Recipe(
                Array("it:\n  from: {type: scratch}\n  overlay_dirs:\n\(entries)".utf8),
                source: RecipeSource("stacker.yaml", workingDirectory: root))
            let storage = try RootsDirectory(takingOver: root.appending("roots")).layer("it")
            try storage.reset()
            var metadata = OverlayMetadata()
            for name in names {
                try root.appending(name).appending("file").write(name)
                _ = try storage.makeOverlayDirectory(name)
                try storage.overlayDirectory(name).appending("data/file").write(name)
                metadata.overlayDirectories.append(.init(name: name, destination: "data"))
            }
            try storage.write(metadata)
            try body(root, #require(recipe.layers.first), storage)
        }
    }

    private func change(
        _ root: FilePath, _ layer: LayerDefinition, _ storage: LayerDirectory, changed: Set<String>,
        verbose: Bool = false
    ) throws -> String? {
        let digests = try FileDigests(in: root)
        return try OverlayDirectoryCheck(storage: storage, digests: digests, isVerbose: verbose)
            .change(of: layer, changed: changed)
    }

    @Test("nothing, if nothing changed")
    func unchanged() throws {
        try withCopies { root, layer, storage in
            let text = try change(root, layer, storage, changed: [])
            #expect(text == nil)
        }
    }

    @Test("each changed, new and removed file once, of two directories at most")
    func lists() throws {
        try withCopies { root, layer, storage in
            try root.appending("one/file").write("changed")
            try root.appending("one/sub/new").write("")
            try Directory(at: root.appending("two")).remove("file")
            try root.appending("three/file").write("changed")
            let all: Set = ["one", "two", "three"]
            #expect(
                try change(root, layer, storage, changed: all) == """
                    content of 3 overlay dirs changed:
                    Changed overlay_dir: \(root)/one
                    \(root)/one/file
                    \(root)/one/sub
                    Changed overlay_dir: \(root)/two
                    \(root)/two/file
                    and 1 other overlay_dirs. use --debug for complete output
                    """)
            let verbose = try change(root, layer, storage, changed: all, verbose: true)
            #expect(verbose?.hasSuffix("\(root)/three/file") == true)
        }
    }

    @Test("a change that set size and time back is found too")
    func sameTime() throws {
        try withCopies { root, layer, storage in
            let time = timespec(tv_sec: 1_000_000_000, tv_nsec: 0)
            try root.appending("one/file").write("eno")
            for path in [root.appending("one/file"), storage.overlayDirectory("one").appending("data/file")] {
                _ = path.withPlatformString { utimensat(AT_FDCWD, $0, [time, time], 0) }
            }
            let text = try change(root, layer, storage, changed: ["one"])
            #expect(text?.contains("\(root)/one/file") == true)
        }
    }

    @Test("a copy that is gone is missing, whatever else changed")
    func missing() throws {
        try withCopies { root, layer, storage in
            try Directory(at: storage.overlayDirectory("two")).removeTree("data")
            #expect(try change(root, layer, storage, changed: ["one"]) == "overlay_dir was missing: two")
            try storage.reset()
            #expect(try change(root, layer, storage, changed: [])?.hasPrefix("overlay_dir was missing") == true)
        }
    }
}
