import Failure
import FileTree
import Fixtures
import Layers
import OCI
import SystemPackage
import Testing

@testable import Stacker

@Suite("The build cache")
struct CacheTests {
    private func inputs(_ fields: (LayerInputs.Name, String?, String)...) -> LayerInputs {
        var inputs = LayerInputs()
        for (name, part, content) in fields { inputs.add(name, part: part, content) }
        return inputs
    }

    @Test("a miss names the input that changed")
    func names() {
        let cached = inputs(("layer definition", "run", "a"), ("base layer", nil, "b"))
        #expect(cached.difference(from: cached) == nil)
        #expect(
            inputs(("layer definition", "run", "a2"), ("base layer", nil, "b")).difference(from: cached)
                == "layer definition was changed: run")
        #expect(
            inputs(("layer definition", "run", "a"), ("base layer", nil, "b2")).difference(from: cached)
                == "base layer was changed")
        #expect(inputs(("base layer", nil, "b")).difference(from: cached) == "layer definition was changed: run")
    }

    @Test("a miss names the import that changed, and leaves overlay dirs to others")
    func namesFiles() {
        let cached = inputs(("import content", "a/b", "1"), ("overlay_dir content", "dir", "1"))
        let now = inputs(("import content", "a/b", "2"), ("overlay_dir content", "dir", "2"))
        #expect(now.difference(from: cached) == "import content changed: a/b")
        #expect(now.changedOverlayDirectories(since: cached) == ["dir"])
        #expect(
            inputs(("overlay_dir content", "dir", "2")).difference(from: inputs(("overlay_dir content", "dir", "1")))
                == nil)
    }

    @Test("a miss names twenty imports, and says how many more there are", arguments: [(20, ""), (21, ", and 1 more")])
    func namesSome(count: Int, rest: String) {
        func imports(_ content: String) -> LayerInputs {
            var inputs = LayerInputs()
            for number in 0..<count { inputs.add(.importContent, part: "\(number)", content) }
            return inputs
        }
        #expect(
            imports("2").difference(from: imports("1")) == "import content changed: "
                + (0..<20).map { "\($0)" }.joined(separator: ", ") + rest)
    }

    @Test("a level that is not the standard one is an input, and another record of what was converted")
    func levels() {
        #expect(
            LayerInputs.Name.waysOfWriting.isSuperset(of: ["compression", "squashfs compression", "erofs compression"]))
        var request = BuildRequest()
        for (type, text) in [(LayerType.squashfs, "squashfs(verity: true)"), (.erofs, "erofs(verity: true)")] {
            // What caches have that were written before there were levels.
            #expect(request.format(of: type).record == text)
            #expect(request.format(of: type).unusualLevel == nil)
        }
        #expect(request.format(of: .tar).record == "tar(Layers.Compression.gzip(level: 5))")
        request.imageLevels[.squashfs] = 3
        request.imageLevels[.erofs] = 0
        #expect(request.format(of: .squashfs).record == "squashfs(verity: true) level 3")
        #expect(request.format(of: .erofs).record == "erofs(verity: true) level 0")
    }

    @Test("survives its process, and forgets what is being built")
    func persists() throws {
        try withTemporaryDirectory { root in
            let log = try Log(level: .quiet)
            let cache = try BuildCache(in: root, log: log)
            let entry = BuildCache.Entry(inputs: inputs(("a", nil, "b")), manifests: [:])
            try cache.record(entry, for: "foo")
            let again = try BuildCache(in: root, log: log)
            #expect(again["foo"] == entry)
            try again.forget("foo")
            #expect(try BuildCache(in: root, log: log)["foo"] == nil)
        }
    }

    @Test(
        "an input is the same when it is read, as it is written and was once",
        arguments: [nil, "", "a: b", "\u{301}a", "ä\n/x y"])
    func inputText(part: String?) throws {
        var all = LayerInputs()
        all.add("layer definition", part: part, "content")
        all.add("import content", part: part, Digest(of: [1]), basis: Digest(of: [2]))
        #expect(try JSON.decode(LayerInputs.self, from: JSON.encode(all)) == all)
        struct Old: Encodable {
            var name = "import content"
            var part: String?
            var digest = Digest(of: [1])
            var basis = Digest(of: [2])
        }
        let old = try JSON.encode(["inputs": [Old(part: part)]])
        #expect(try JSON.decode(LayerInputs.self, from: old).inputs.first == all.inputs.last)
    }

    @Test("a change is added to the file, and a finished build leaves one document")
    func addsChanges() throws {
        try withTemporaryDirectory { root in
            let log = try Log(level: .quiet)
            let file = root.appending("build.cache")
            let entries = ["a", "b", "c"].map {
                BuildCache.Entry(inputs: inputs((.init(rawValue: $0), nil, $0)), manifests: [:])
            }
            let cache = try BuildCache(in: root, log: log)
            for (name, entry) in zip(["a", "b", "c"], entries) { try cache.record(entry, for: name) }
            let inode = try Directory(at: root).status("build.cache")?.inode
            try cache.forget("b")
            #expect(try Directory(at: root).status("build.cache")?.inode == inode)
            // As a kill leaves it: what was finished is known.
            let killed = try BuildCache(in: root, log: log)
            #expect(killed.names == ["a", "c"])
            #expect(killed["c"] == entries[2])
            try cache.finish()
            #expect(try !file.text().contains("\u{1e}"))
            #expect(try BuildCache(in: root, log: log).names == ["a", "c"])
        }
    }

    @Test("a change that a kill has cut was not made, and those behind it were")
    func cutChanges() throws {
        try withTemporaryDirectory { root in
            let log = try Log(level: .quiet)
            let file = root.appending("build.cache")
            let entry = BuildCache.Entry(inputs: inputs(("a", nil, "b")), manifests: [:])
            let cache = try BuildCache(in: root, log: log)
            for name in ["a", "b"] { try cache.record(entry, for: name) }
            let text = try file.text()
            try file.write(String(text.dropLast(20)))
            let cut = try BuildCache(in: root, log: log)
            #expect(cut.names == ["a"])
            try cut.record(entry, for: "c")
            #expect(try BuildCache(in: root, log: log).names == ["a", "c"])
            try file.write(String(text.dropLast(20)) + "\u{1e}" + String(text.split(separator: "\u{1e}")[1]))
            #expect(try BuildCache(in: root, log: log).names == ["a", "b"])
        }
    }

    @Test("what was learnt of a build is kept when the build ends")
    func learns() throws {
        try withTemporaryDirectory { root in
            let log = try Log(level: .quiet)
            let entry = BuildCache.Entry(inputs: inputs(("a", nil, "b")), manifests: [:])
            let cache = try BuildCache(in: root, log: log)
            try cache.record(entry, for: "a")
            var learnt = entry
            learnt.blobs = [.tar: [BlobLength(digest: Digest(of: []), size: 7)]]
            cache.learn(learnt, of: "a")
            cache.learn(learnt, of: "unknown")
            #expect(try BuildCache(in: root, log: log)["a"] == entry)
            try cache.finish()
            #expect(try BuildCache(in: root, log: log)["a"] == learnt)
            #expect(try BuildCache(in: root, log: log).names == ["a"])
        }
    }

    @Test("one that is damaged or another version's is set aside", arguments: ["{", #"{"version": 16, "cache": {}}"#])
    func setsAside(text: String) throws {
        try withTemporaryDirectory { root in
            try root.appending("build.cache").write(text)
            #expect(try BuildCache(in: root, log: Log(level: .quiet))["foo"] == nil)
            #expect(try root.appending("build.cache.unusable").text() == text)
        }
    }

    @Test("a file is hashed once, and again when it changed")
    func remembersDigests() throws {
        try withTemporaryDirectory { root in
            let file = root.appending("file")
            try file.write("one")
            let digests = try FileDigests(in: root)
            #expect(try digests.digest(of: file) == Digest(of: "one".utf8))
            try file.write("two")
            #expect(try digests.digest(of: file) == Digest(of: "two".utf8))
        }
    }
}
