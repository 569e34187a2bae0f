import Failure
import FileTree
import Glibc
import Layers
import OCI
import Testing

@testable import Stacker

/// What is wasted in stacks of layers that are made entry by entry. Each content is a letter: as many bytes as its place in the
/// alphabet.
@Suite("sizes: what is wasted")
struct WasteTests {
    /// One entry of a layer.
    private enum Step {
        case file(String, Character, mode: mode_t = 0o644)
        case directory(String, mode: mode_t = 0o755)
        case link(String, to: String)
        case symlink(String, to: String)
        case whiteout(String)
        case opaque(String)
    }

    private func tree(_ layers: [[Step]], limits: ShippedTree.Limits = .init()) throws -> ShippedTree {
        var tree = ShippedTree(limits: limits)
        for (number, layer) in layers.enumerated() {
            tree.beginLayer(Digest(of: [UInt8(number)]))
            for step in layer { try add(step, to: &tree) }
        }
        return tree
    }

    private func add(_ step: Step, to tree: inout ShippedTree) throws {
        func metadata(_ mode: mode_t) -> ShippedTree.Metadata {
            ShippedTree.Metadata(permissions: mode, uid: 0, gid: 0, attributes: 0)
        }
        func node(_ path: String) throws -> Int32 { try tree.place(of: Array(path.utf8)) }
        switch step {
        case .file(let path, let letter, let mode):
            let place = try node(path)
            let size = Int64(letter.asciiValue ?? 0x60) - 0x60
            let digest = ShippedTree.Fingerprint(Digest(of: String(letter).utf8))
            try tree.addFile(
                at: place, metadata(mode), content: tree.addContent(at: place, size: size, digest))
        case .directory(let path, let mode): try tree.addDirectory(at: node(path), metadata(mode))
        case .link(let path, let first):
            let content = tree.content(at: try node(first))
            try tree.addFile(at: node(path), metadata(0o644), content: content)
        case .symlink(let path, let target):
            try tree.addFile(at: node(path), metadata(0o777), symlink: Array(target.utf8))
        case .whiteout(let path): try tree.addWhiteout(at: node(path))
        case .opaque(let path): try tree.addOpaque(at: node(path))
        }
    }

    /// Each waste as `kind bytes path@layer<hidden`, sorted.
    private func wastes(_ layers: [[Step]], _ origins: [LayerOrigin]? = nil) throws -> [String] {
        let tree = try tree(layers)
        let account = TreeAccount(tree, layers: layers.count)
        let origins = origins ?? layers.map { _ in LayerOrigin() }
        return Waste.all(in: tree, account, origins).map { waste in
            let paths = waste.paths.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "+")
            return "\(waste.kind) \(waste.bytes) \(paths)@\(waste.layer)" + (waste.hidden.map { "<\($0)" } ?? "")
        }.sorted()
    }

    @Test("an overwritten file is waste once, also if it is deleted then")
    func overwritten() throws {
        #expect(try wastes([[.file("a", "c")], [.file("a", "d")]]) == ["overwritten 3 a@0<1"])
        #expect(
            try wastes([[.file("a", "c")], [.file("a", "d")], [.whiteout("a")]])
                == ["deleted 4 a@1<2", "overwritten 3 a@0<1"])
    }

    @Test("a file whose mode changes is shipped again")
    func metadata() throws {
        #expect(try wastes([[.file("a", "c")], [.file("a", "c", mode: 0o755)]]) == ["metadata 3 a@0<1"])
    }

    @Test("N copies waste N - 1, hard links nothing")
    func copies() throws {
        #expect(
            try wastes([[.file("a", "e"), .file("b", "e"), .link("b2", to: "b")], [.file("d/c", "e")]])
                == ["copies 10 a+b+d/c@0"])
        #expect(try wastes([[.file("a", "e"), .link("b", to: "a"), .link("c", to: "b")]]) == [])
    }

    @Test("a file with a name that is still seen is none, whatever happened to its others")
    func links() throws {
        #expect(try wastes([[.file("a", "e"), .link("b", to: "a")], [.whiteout("a")]]) == [])
        #expect(
            try wastes([[.file("a", "e"), .link("b", to: "a")], [.whiteout("a")], [.file("b", "f")]])
                == ["overwritten 5 a@0<2"])
    }

    @Test("what is deleted and comes again, is shipped once too often")
    func again() throws {
        #expect(
            try wastes([[.file("a", "e")], [.whiteout("a")], [.file("a", "e")]]) == ["deleted 5 a@0<1"])
    }

    @Test("an opaque directory deletes what lower ones have, a whiteout of a directory all that is in it")
    func directories() throws {
        let lower: [Step] = [.directory("d"), .file("d/x", "a"), .file("d/e/y", "b"), .file("z", "c")]
        #expect(
            try wastes([lower, [.directory("d"), .opaque("d"), .file("d/x", "d")]])
                == ["deleted 2 d/e/y@0<1", "overwritten 1 d/x@0<1"])
        #expect(try wastes([lower, [.whiteout("d")]]) == ["deleted 1 d/x@0<1", "deleted 2 d/e/y@0<1"])
        // A whiteout hides nothing of its own layer.
        #expect(
            try wastes([lower, [.file("d/new", "e"), .whiteout("d")]])
                == ["deleted 1 d/x@0<1", "deleted 2 d/e/y@0<1"])
        #expect(try wastes([lower, [.opaque("")]]).count == 3)
    }

    @Test("a file in the place of a directory, and the other way round")
    func kinds() throws {
        #expect(try wastes([[.file("d/x", "c")], [.file("d", "e")]]) == ["deleted 3 d/x@0<1"])
        #expect(try wastes([[.file("d", "e")], [.file("d/x", "c")]]) == ["overwritten 5 d@0<1"])
    }

    @Test("a layer that has a name twice ships one of the contents for nothing")
    func twice() throws {
        #expect(try wastes([[.file("a", "c"), .file("a", "d")]]) == ["repeated 3 a@0"])
    }

    @Test("what a layer has in a directory that it replaces is not there, also if the directory comes again")
    func replaced() throws {
        let steps: [Step] = [.directory("d"), .file("d/x", "c"), .file("d/e/y", "b"), .file("d", "e"), .directory("d")]
        #expect(try wastes([steps]) == ["repeated 2 d/e/y@0", "repeated 3 d/x@0", "repeated 5 d@0"])
        let tree = try tree([steps])
        #expect(TreeAccount(tree, layers: 1).names.map { tree.path(of: $0.node) } == [[], Array("d".utf8)])
        // What a lower layer has there is hidden by what is left, as before.
        #expect(
            try wastes([[.file("d/x", "a")], [.file("d/x", "c"), .symlink("d", to: "z")]])
                == ["deleted 1 d/x@0<1", "repeated 3 d/x@1"])
    }

    @Test("a layer that has something in a file cannot be unpacked")
    func noDirectory() throws {
        for steps in [[.file("d", "e"), .file("d/g", "a")], [.file("d", "e"), .opaque("d")]] as [[Step]] {
            let failure = try #require(throws: Failure.self) { try tree([steps]) }
            #expect(failure.description.contains("a layer has something in /d, which is no directory in it"))
        }
    }

    @Test("no more of the waste has paths than is listed, and no more of its groups")
    func listed() throws {
        let files = (0..<Waste.listed + 10).map { Step.file("d/\($0)", $0 == 1005 ? "b" : "a") }
        let tree = try tree([files, [.whiteout("d")]])
        let account = TreeAccount(tree, layers: 2)
        let wastes = Waste.all(in: tree, account, [LayerOrigin(), LayerOrigin()])
        #expect(wastes.count == files.count)
        #expect(wastes.count { !$0.paths.isEmpty } == Waste.listed)
        // The largest, and of equal ones those that came first.
        #expect(wastes.prefix(2).map(\.paths) == [[Array("d/1005".utf8)], [Array("d/0".utf8)]])
    }

    @Test("what lies behind a symlink of the same layer is where that leads")
    func symlinks() throws {
        #expect(
            try wastes([
                [.file("usr/lib/x", "c")], [.symlink("lib", to: "usr/lib"), .file("lib/x", "d")],
            ]) == ["overwritten 3 usr/lib/x@0<1"])
    }

    @Test("a layer that stands twice in an image is shipped once")
    func twin() throws {
        var tree = ShippedTree()
        for layer in [0, 1, 0] as [UInt8] {
            tree.beginLayer(Digest(of: [layer]))
            try add(layer == 0 ? .file("a", "e") : .whiteout("a"), to: &tree)
        }
        let account = TreeAccount(tree, layers: 3)
        #expect(Waste.all(in: tree, account, [LayerOrigin(), LayerOrigin(), LayerOrigin()]).isEmpty)
        #expect(account.layers.map(\.contents) == [5, 0, 0])
    }

    @Test("names, entries and bytes of names are bounded")
    func bounds() throws {
        // The root, d, a and b, in two layers.
        let layers: [[Step]] = [[.file("d/a", "a")], [.file("d/bb", "b")]]
        var limits = ShippedTree.Limits()
        (limits.names, limits.entries, limits.bytes) = (3, 6, 4)
        _ = try tree(layers, limits: limits)
        for path in [\ShippedTree.Limits.names, \.entries, \.bytes] {
            var limits = limits
            limits[keyPath: path] -= 1
            let failure = try #require(throws: Failure.self) { try tree(layers, limits: limits) }
            #expect(failure.description.contains("it has more than \(limits.names) names"))
        }
    }

    @Test("of what is seen no more items are kept than are asked for, and the largest", arguments: [1, 3, 4, 100])
    func items(limit: Int) throws {
        let tree = try tree([[.file("d/big", "z")] + (0..<50).map { .file("d/\($0)", "a") }])
        let account = TreeAccount(tree, layers: 1)
        let seen = SeenTree(tree, account, SeenNames(tree, account), limit: limit)
        func all(_ item: SeenTree.Item) -> [SeenTree.Item] { [item] + item.children.flatMap(all) }
        let items = all(seen.root)
        // The root counts as one, and so does d.
        #expect(items.count == min(limit, 53))
        #expect(items.contains { $0.name == Array("big".utf8) } == (limit >= 3))
        #expect(items.map(\.smaller.count).reduce(0, +) + items.count { !$0.isDirectory } == 51)
    }

    @Test("what each layer adds, changes and deletes")
    func changes() throws {
        let tree = try tree([
            [.directory("d"), .file("d/x", "a"), .file("d/y", "b")],
            [.directory("d"), .file("d/x", "c"), .whiteout("d/y"), .file("d/z", "d")],
            [.directory("d", mode: 0o700)], [.whiteout("d")],
        ])
        let account = TreeAccount(tree, layers: 4)
        func words(_ change: TreeAccount.Change) -> String { "\(change.entries)/\(change.bytes)" }
        let lines = account.layers.map { "\(words($0.added)) \(words($0.changed)) \(words($0.deleted))" }
        // The root comes with the first layer.
        #expect(lines == ["4/3 0/0 0/0", "1/4 1/3 1/2", "0/0 1/0 0/0", "0/0 0/0 3/7"])
    }

    @Test("what would save it: build_only layers are collapsed, a base's files are the base's")
    func remedies() throws {
        func own(_ tag: String, buildOnly: Bool) -> LayerOrigin {
            LayerOrigin(createdBy: nil, recipe: .init(tag: tag, isBuildOnly: buildOnly, line: 1, text: ""))
        }
        let layers: [[Step]] = [
            [.file("base", "a")], [.file("below", "b")], [.whiteout("below"), .whiteout("base"), .file("own", "c")],
            [.file("own", "c", mode: 0o600)],
        ]
        let origins = [
            LayerOrigin(), own("one", buildOnly: true), own("two", buildOnly: false), own("x", buildOnly: false),
        ]
        let tree = try tree(layers)
        let wastes = Waste.all(in: tree, TreeAccount(tree, layers: 4), origins)
        #expect(wastes.map { "\($0.bytes) \($0.remedy)" } == ["3 mode", "2 collapse", "1 base"])
    }

    @Test("what is at its own path once more is no copy, also if other names of the lower file are seen")
    func repetitions() throws {
        let lower: [Step] = [.file("a", "e"), .link("b", to: "a")]
        #expect(try wastes([lower, [.file("a", "e", mode: 0o755)]]) == ["metadata 5 a@0<1"])
        #expect(try wastes([lower, [.file("a", "e"), .link("tool", to: "a")]]) == ["metadata 5 a@0<1"])
    }

    @Test("files by directory: what is a quarter of it has a line, and what is small is together")
    func groups() throws {
        var tree = ShippedTree()
        var files: [(node: Int32, bytes: Int64)] = []
        for (path, bytes) in [("a/b/large", 100), ("a/b/x", 1), ("a/b/y", 2), ("c/only/one", 50)] as [(String, Int64)] {
            files.append((try tree.place(of: Array(path.utf8)), bytes))
        }
        for number in 0..<40 { files.append((try tree.place(of: Array("d/\(number)".utf8)), 2)) }
        let groups = tree.groups(of: files).map {
            "\($0.bytes) \($0.files) \(String(decoding: tree.path(of: $0.node), as: UTF8.self))\($0.isRest ? " more" : "")"
        }
        #expect(groups == ["100 1 a/b/large", "80 40 d", "50 1 c/only/one", "3 2 a/b more"])
        #expect(tree.groups(of: []).isEmpty)
    }

    @Test(
        "limits of waste",
        arguments: [
            ("5%", WasteLimit.Amount.percent(5)), ("0.5 %", .percent(0.5)), ("10MB", .bytes(10_000_000)),
            ("1.5kB", .bytes(1500)), ("2KiB", .bytes(2048)), ("7", .bytes(7)), ("0", .bytes(0)),
            ("3GiB", .bytes(3 << 30)), ("0.04%", .percent(0.04)),
        ])
    func limits(text: String, limit: WasteLimit.Amount) throws {
        #expect(try WasteLimit(text).amount == limit)
        #expect(try "\(WasteLimit(text))" == text.filter { $0 != " " })
    }

    @Test("no limits", arguments: ["", "%", "-1", "101%", "x", "1e3", "10 apples", "0x10", "1e400%", "nan", "MB"])
    func noLimits(text: String) {
        #expect(throws: Failure.self) { try WasteLimit(text) }
    }
}
