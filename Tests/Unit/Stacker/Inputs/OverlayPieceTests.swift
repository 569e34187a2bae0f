import Failure
import FileTree
import Fixtures
import Glibc
import Host
import SystemPackage
import Testing

@testable import Recipes
@testable import Stacker

@Suite("What becomes a layer of its own")
struct OverlayPieceTests {
    private func layer(_ yaml: String) throws -> LayerDefinition {
        let source = RecipeSource("stacker.yaml", workingDirectory: "/srv")
        return try #require(Recipe(Array(yaml.utf8), source: source).layers.first)
    }

    @Test("overlay dirs come first, then imports with a dest; equal names are told apart")
    func order() throws {
        let layer = try layer(
            """
            it:
              from: {type: scratch}
              imports:
                - elsewhere
                - {path: a/files, dest: /a}
                - {path: b/files, dest: /b}
              overlay_dirs:
                - {source: c/files, dest: /c}
            """)
        #expect(layer.overlayPieces(on: nil).map(\.name) == ["files", "files.2", "files.3"])
        guard case .overlayDirectory = layer.overlayPieces(on: nil)[0].origin else {
            Issue.record("the overlay dir is not the lowest")
            return
        }
    }

    @Test("an archive is a piece only below others")
    func archive() throws {
        try withTemporaryDirectory { root in
            try root.appending("base.tar").write("")
            let file = try OpenFile(root.appending("base.tar"), O_RDONLY)
            let archive = BaseArchive(path: "/base.tar", file: file, cancellation: try Cancellation())
            let plain = try layer("it:\n  from: {type: scratch}\n  imports: [x]\n")
            #expect(plain.overlayPieces(on: archive).isEmpty)
            let overlaid = try layer("it:\n  from: {type: scratch}\n  imports: [{path: x, dest: /x}]\n")
            #expect(overlaid.overlayPieces(on: archive).map(\.name) == ["base.tar", "x"])
        }
    }

    @Test("the target follows symlinks in the base, and keeps what the base says of its directories")
    func target() throws {
        try withTemporaryDirectory { root in
            let (base, layer) = (root.appending("base"), root.appending("layer"))
            try Directory.create(base.appending("real"))
            _ = base.appending("real").withPlatformString { chmod($0, 0o1777) }
            try Directory(at: base).makeSymlink("link", to: "/real")
            let target = try OverlayTarget(
                "link/new", in: Directory(creating: layer), over: [base], like: nil,
                overrides: .init(uid: getuid(), gid: getgid()), attributes: .none)
            #expect(target.path == "real/new")
            try layer.appending("real/new/file").write("x")
            if getuid() == 0 { _ = try target.finish() }
            #expect(try Directory(at: layer).names() == ["real"])
            if getuid() == 0 { #expect(try Directory(at: layer).status("real")?.permissions == 0o1777) }
        }
    }
}
