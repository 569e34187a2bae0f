import Failure
import FileTree
import Fixtures
import OCI
import SystemPackage
import Testing

@testable import Stacker

/// What is said of paths in a stack of two or three directories, called by their numbers, 0 being the top.
@Suite("Where a path in a stack comes from")
struct PathExplanationTests {
    /// What the JSON says, as far as the tests ask.
    private struct Said: Decodable {
        struct Copy: Decodable { let layer, kind, file: String }
        struct Cause: Decodable { let reason, layer, path: String }
        struct Hidden: Decodable {
            let copy: Copy
            let by: Cause
        }
        let resolved: String
        let provider: Copy?
        let merged: [Copy]
        let end: Cause?
        let hidden: [Hidden]
        let missing: [String]

        /// `provider / layers merged / reason@layer:path / hidden copy<reason@layer …`
        var summary: String {
            let hidden = hidden.map { "\($0.copy.layer)<\($0.by.reason)@\($0.by.layer)" }.joined(separator: " ")
            let end = end.map { "\($0.reason)@\($0.layer):\($0.path)" } ?? "-"
            return "\(provider?.layer ?? "-") / \(merged.map(\.layer).joined(separator: " ")) / \(end) / \(hidden)"
        }
    }

    private func explained(_ path: FilePath, _ make: ([FilePath]) throws -> Void) throws -> Said {
        try withTemporaryDirectory { root in
            let directories = (0...2).map { root.appending("\($0)") }
            for directory in directories { try Directory.create(directory) }
            try make(directories)
            let parts = try directories.enumerated().map { try ExplainedLayer.Part(name: "\($0)", directory: $1) }
            let explanation = try PathExplanation(
                of: path, in: ExplainedLayer(name: "it", state: .built, parts: parts))
            #expect(explanation.text().hasPrefix("it: built\n"))
            return try JSON.decode(Said.self, from: Array(explanation.json().utf8))
        }
    }

    @Test("the topmost file provides, and hides the others")
    func file() throws {
        let said = try explained("/d/f") {
            for directory in $0 { try directory.appending("d/f").write("x") }
        }
        #expect(said.summary == "0 /  / file@0:/d/f / 1<file@0 2<file@0")
        #expect(said.provider?.file.hasSuffix("/0/d/f") == true)
    }

    @Test("a whiteout removes, of the path or of a directory on the way")
    func whiteout() throws {
        #expect(
            try explained("/d/f") {
                try $0[1].appending("d/f").makeWhiteout()
                try $0[2].appending("d/f").write("x")
            }.summary == "- /  / whiteout@1:/d/f / 2<whiteout@1")
        #expect(
            try explained("/d/f") {
                try $0[1].appending("d").makeWhiteout()
                try $0[2].appending("d/f").write("x")
            }.summary == "- /  / whiteout@1:/d / 2<whiteout@1")
    }

    @Test("what was made again after a whiteout below is there")
    func madeAgain() throws {
        #expect(
            try explained("/f") {
                try $0[0].appending("f").write("x")
                try $0[1].appending("f").makeWhiteout()
                try $0[2].appending("f").write("x")
            }.summary == "0 /  / file@0:/f / 2<file@0")
    }

    @Test("directories merge, down to an opaque one")
    func merge() throws {
        #expect(
            try explained("/d") {
                for directory in $0 { try directory.appending("d/f").write("x") }
            }.summary == "0 / 0 1 2 / - / ")
        #expect(
            try explained("/d") {
                for directory in $0 { try directory.appending("d/f").write("x") }
                try $0[1].appending("d").makeOpaque()
            }.summary == "0 / 0 1 / opaque directory@1:/d / 2<opaque directory@1")
    }

    @Test("an opaque directory hides what is in the lower ones, and not what is in itself")
    func opaque() throws {
        #expect(
            try explained("/d/f") {
                try $0[0].appending("d").makeOpaque()
                try $0[0].appending("d/f").write("x")
                try $0[1].appending("d/f").write("x")
            }.summary == "0 /  / opaque directory@0:/d / 1<opaque directory@0")
    }

    @Test("a file between directories ends the merging")
    func fileBetween() throws {
        #expect(
            try explained("/d") {
                try $0[0].appending("d/f").write("x")
                try $0[1].appending("d").write("x")
                try $0[2].appending("d/f").write("x")
            }.summary == "0 / 0 / file@1:/d / 1<directory@0 2<file@1")
    }

    @Test("what is below a file that was a directory is hidden by it")
    func throughFile() throws {
        #expect(
            try explained("/d/f") {
                try $0[0].appending("d").write("x")
                try $0[1].appending("d/f").write("x")
            }.summary == "- /  / file@0:/d / 1<file@0")
    }

    @Test("symlinks on the way are followed, one at the end is not")
    func symlinks() throws {
        let said = try explained("/l/k") {
            try $0[1].appending("d/k").write("x")
            try Directory(at: $0[0]).makeSymlink("l", to: "/d")
            try Directory(at: $0[0].appending("../1/d")).makeSymlink("m", to: "k")
        }
        #expect(said.resolved == "/d/k")
        #expect(said.provider?.layer == "1")
        let link = try explained("/m") { try Directory(at: $0[0]).makeSymlink("m", to: "k") }
        #expect(link.provider?.kind == "symlink")
    }

    @Test("the root is merged of all")
    func root() throws {
        #expect(try explained("/") { _ in }.summary == "0 / 0 1 2 / - / ")
    }

    @Test("what was nowhere is an error; a directory that is not there is named")
    func nowhere() throws {
        #expect(message { try explained("/x") { _ in } }.contains("there is no /x in it, and there never was"))
        let said = try explained("/x") {
            try $0[0].appending("x").write("x")
            try Directory(at: $0[0].removingLastComponent()).remove("1", directory: true)
        }
        #expect(said.missing == ["1"])
    }

    @Test(
        "an argument is a layer, or a layer and a path",
        arguments: [("a", "a", nil), ("a:/b/c", "a", "/b/c"), ("a:b:c", "a", "/b:c"), ("a:", "a", "/")])
    func places(text: String, layer: String, path: String?) throws {
        let place = try ExplainedPlace(text)
        #expect(place.layer == layer)
        #expect(place.path?.string == path)
    }

    @Test("what names no layer is refused", arguments: ["", ":/x", "a/b:/x", "..:/x"])
    func noPlace(text: String) {
        #expect(message { try ExplainedPlace(text) }.contains("names no layer"))
    }
}
