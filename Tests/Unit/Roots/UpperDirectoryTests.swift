import FileTree
import Fixtures
import SystemPackage
import Testing

@testable import Roots

/// What a whiteout would have to hide, were it in the layer: the upper one of three directories.
@Suite("A layer that lies upon others")
struct UpperDirectoryTests {
    /// The layer has a file `d/f`; the test makes what is below.
    private func hides(_ make: (_ upper: FilePath, _ middle: FilePath, _ lower: FilePath) throws -> Void) throws -> Bool
    {
        try withTemporaryDirectory { root in
            let (upper, middle, lower) = (root.appending("upper"), root.appending("middle"), root.appending("lower"))
            for path in [upper, middle, lower] { try Directory.create(path) }
            try upper.appending("d/f").write("")
            try make(upper, middle, lower)
            let layer = try UpperDirectory(Directory(at: upper), over: [middle, lower])
            return try layer.node(FileName("d".utf8)).hidesLower(FileName("f".utf8))
        }
    }

    @Test("hides what any of them has")
    func lower() throws {
        #expect(try !hides { _, middle, _ in try middle.appending("d/other").write("") })
        #expect(try hides { _, middle, _ in try middle.appending("d/f").write("") })
        #expect(
            try hides { _, middle, lower in
                try middle.appending("d/other").write("")
                try lower.appending("d/f").write("")
            })
    }

    @Test("hides nothing of what is hidden already")
    func hidden() throws {
        #expect(
            try !hides { _, middle, lower in
                try middle.appending("d/f").makeWhiteout()
                try lower.appending("d/f").write("")
            })
        #expect(
            try !hides { _, middle, lower in
                try middle.appending("d").makeOpaque()
                try lower.appending("d/f").write("")
            })
        #expect(
            try !hides { _, middle, lower in
                try middle.appending("d").write("a file")
                try lower.appending("d/f").write("")
            })
        #expect(
            try !hides { upper, _, lower in
                try upper.appending("d").makeOpaque()
                try lower.appending("d/f").write("")
            })
    }
}
