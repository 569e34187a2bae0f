import SystemPackage
import Testing

@testable import Stacker

@Suite("Where an import goes")
struct ImportPlacementTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var path: String
        var isDirectory: Bool
        var destination: String?
        /// `directory` and, behind a "|", the name in it; without one the contents go there.
        var result: String

        var testDescription: String { "\(isDirectory ? "directory" : "file") \(path) to \(destination ?? "nothing")" }
    }

    static let cases = [
        Case(path: "file", isDirectory: false, destination: "/a/b", result: "a|b"),
        Case(path: "file", isDirectory: false, destination: "/b", result: "|b"),
        Case(path: "file", isDirectory: false, destination: "/a/", result: "a|file"),
        Case(path: "file", isDirectory: false, destination: "/", result: "|file"),
        Case(path: "dir", isDirectory: true, destination: "/a", result: "a"),
        Case(path: "dir/", isDirectory: true, destination: "/a", result: "a"),
        Case(path: "dir", isDirectory: true, destination: "/a/", result: "a/dir"),
        Case(path: "dir", isDirectory: true, destination: "/", result: "dir"),
        Case(path: "dir/", isDirectory: true, destination: "/a/", result: "a"),
        Case(path: "dir/", isDirectory: true, destination: "/", result: ""),
        Case(path: "file", isDirectory: false, destination: nil, result: "|file"),
        Case(path: "dir", isDirectory: true, destination: nil, result: "|dir"),
        Case(path: "dir/", isDirectory: true, destination: nil, result: ""),
        // Never above the root.
        Case(path: "file", isDirectory: false, destination: "/../../etc/./x", result: "etc|x"),
    ]

    @Test("follows the table", arguments: cases)
    func table(example: Case) {
        let placement = ImportPlacement(
            of: FilePath(example.path).lastComponent, isDirectory: example.isDirectory,
            meansContents: example.path.hasSuffix("/"), destination: example.destination)
        let result = placement.directory.string + (placement.name.map { "|\($0.string)" } ?? "")
        #expect(result == example.result)
    }
}
