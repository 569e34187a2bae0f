import Failure
import FileTree
import Fixtures
import SystemPackage
import Testing

@testable import Roots

/// What overlayfs shows, by Documentation/filesystems/overlayfs.rst; `overlay-order.bats` asks the kernel the same.
@Suite("The merged view of a stack of layers")
struct MergedViewTests {
    /// A stack of two layers, the upper one named first.
    private func withStack(_ body: (_ upper: FilePath, _ lower: FilePath, () throws -> MergedView) throws -> Void)
        throws
    {
        try withTemporaryDirectory { root in
            let (upper, lower) = (root.appending("upper"), root.appending("lower"))
            for path in [upper, lower] { try Directory.create(path) }
            try body(upper, lower) { try MergedView([upper, lower]) }
        }
    }

    private func content(_ view: MergedView, _ path: FilePath) throws -> String? {
        guard case .file(let directory, let name, _)? = try view.resolve(path).node else { return nil }
        return String(decoding: try directory.open(name, 0).readToEnd(limit: 1 << 20), as: UTF8.self)
    }

    @Test("the upper layer's file hides the lower one's")
    func upperWins() throws {
        try withStack { upper, lower, view in
            try lower.appending("a/file").write("lower")
            try lower.appending("a/only-below").write("below")
            try upper.appending("a/file").write("upper")
            #expect(try content(view(), "a/file") == "upper")
            #expect(try content(view(), "a/only-below") == "below")
        }
    }

    @Test("a whiteout hides the name below")
    func whiteoutHides() throws {
        try withStack { upper, lower, view in
            try lower.appending("a/file").write("lower")
            try upper.appending("a/file").makeWhiteout()
            #expect(try view().resolve("a/file").node == nil)
        }
    }

    @Test("an opaque directory hides the lower one")
    func opaqueHides() throws {
        try withStack { upper, lower, view in
            try lower.appending("a/file").write("lower")
            try upper.appending("a").makeOpaque()
            try upper.appending("a/new").write("upper")
            #expect(try view().resolve("a/file").node == nil)
            #expect(try content(view(), "a/new") == "upper")
        }
    }

    @Test("a file between two directories cuts the lower one off")
    func fileCuts() throws {
        try withTemporaryDirectory { root in
            let layers = ["top", "middle", "bottom"].map { root.appending($0) }
            for layer in layers { try Directory.create(layer) }
            try layers[0].appending("a/top").write("top")
            try layers[1].appending("a").write("a file")
            try layers[2].appending("a/bottom").write("bottom")
            let view = try MergedView(layers)
            #expect(try content(view, "a/top") == "top")
            #expect(try view.resolve("a/bottom").node == nil)
        }
    }

    @Test("symlinks resolve across layers and never leave the root")
    func symlinksStayInside() throws {
        try withStack { upper, lower, view in
            try lower.appending("etc/passwd").write("inside")
            try Directory(at: upper).makeSymlink("absolute", to: "/etc/passwd")
            try Directory(at: upper).makeSymlink("up", to: "../../../../etc/passwd")
            #expect(try content(view(), "absolute") == "inside")
            #expect(try content(view(), "up") == "inside")
            #expect(try content(view(), "etc/../../etc/passwd") == "inside")
        }
    }

    @Test("a cycle of symlinks is an error, not a hang")
    func cycle() throws {
        try withStack { upper, _, view in
            try Directory(at: upper).makeSymlink("a", to: "b")
            try Directory(at: upper).makeSymlink("b", to: "a")
            let failure = #expect(throws: Failure.self) { try view().resolve("a") }
            #expect(failure?.errno == .tooManySymbolicLinkLevels)
        }
    }

    @Test("what is missing at the end of a path is named without symlinks")
    func missingTail() throws {
        try withStack { upper, _, view in
            try Directory.create(upper.appending("run"))
            try Directory.create(upper.appending("etc"))
            try Directory(at: upper.appending("etc")).makeSymlink("resolv.conf", to: "../run/systemd/resolve/stub.conf")
            let place = try view().resolve("etc/resolv.conf")
            #expect(place.path == "run/systemd/resolve/stub.conf")
            #expect(place.node == nil)
        }
    }
}
