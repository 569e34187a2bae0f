import Testing

@testable import Stacker

@Suite("line patches")
struct LinePatchTests {
    private static func pieces(_ text: String) -> [ArraySlice<UInt8>] {
        Array(text.utf8).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    }

    private static func patch(_ a: String, _ b: String) -> LinePatch {
        LinePatch(BothSides(pieces(a), pieces(b)))
    }

    @Test("a hunk has three lines around a change, and says where it is")
    func hunk() {
        let a = (1...9).map { "\($0)\n" }.joined()
        let patch = Self.patch(a, a.replacing("5\n", with: "five\n"))
        #expect(
            patch.lines.map(\.text) == ["@@ -2,7 +2,7 @@", " 2", " 3", " 4", "-5", "+five", " 6", " 7", " 8"])
    }

    @Test("lines that moved are on neither side, as often as they are on both")
    func moved() {
        let lines = Self.patch("a\nx\nb\nb\n", "b\na\ny\n").withoutMoved
        #expect(lines == BothSides([Array("x".utf8), Array("b".utf8)], [Array("y".utf8)]))
    }

    @Test("the sum of lines is the same in any order, however they come in pieces, and of nothing else")
    func sums() {
        func sum(_ pieces: String...) -> Int? {
            var sum = LineSum()
            for piece in pieces { Array(piece.utf8).withUnsafeBytes { sum.update($0) } }
            return sum.finish()
        }
        #expect(sum("one\ntwo\n\nthree\n") == sum("three\ntw", "o", "\n\n", "one"))
        #expect(sum("one\ntwo\n") != sum("one\ntwo\ntwo\n"))
        #expect(sum("one\ntwo\n") != sum("onet\nwo\n"))
        #expect(sum("one\n\n") != sum("one\n"))
        #expect(sum("one\n\0") == nil)
    }

    @Test("a missing line end is said")
    func lineEnd() {
        #expect(
            Self.patch("a\n", "a").lines.map(\.text) == ["@@ -1 +1 @@", "-a", "+a", "\\ No newline at end of file"])
        #expect(Self.patch("", "a\n").lines.map(\.text) == ["@@ -0,0 +1 @@", "+a"])
        // A last line without an end is none that the other side has elsewhere.
        #expect(
            Self.patch("1\n2\n", "1").lines.map(\.text)
                == ["@@ -1,2 +1 @@", "-1", "-2", "+1", "\\ No newline at end of file"])
        #expect(
            Self.patch("1", "2\n1").lines.map(\.text) == ["@@ -1 +1,2 @@", "+2", " 1", "\\ No newline at end of file"])
    }

    @Test("of random texts, what is taken away and added makes one of the other", arguments: 0..<200)
    func random(seed: UInt64) {
        var state = seed &* 6_364_136_223_846_793_005 &+ 1
        func next(_ bound: UInt64) -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (state >> 33) % bound
        }
        let a = (0..<next(20)).map { _ in "\(next(5))\n" }
        let b = (0..<next(20)).map { _ in "\(next(5))\n" }
        let patch = Self.patch(a.joined(), b.joined())
        // All texts are so short that what is not shown is before, between or behind hunks; it is in both.
        var result: [String] = []
        var place = 0
        for line in patch.lines {
            switch line {
            case .hunk(let text):
                let start = text.split(separator: " ")[1].dropFirst().split(separator: ",")
                let count = start.count == 1 ? 1 : Int(start[1]) ?? -1
                let first = (Int(start[0]) ?? -1) - (count == 0 ? 0 : 1)
                result += a[place..<first]
                place = first
            case .both: result.append(a[place]); place += 1
            case .removed: place += 1
            case .added(let bytes): result.append(String(decoding: bytes, as: UTF8.self) + "\n")
            case .noEnd: Issue.record("all lines have an end")
            }
        }
        result += a[place...]
        #expect(result == b)
        #expect(patch.removed.count + patch.added.count == a.count + b.count - 2 * Self.longestCommon(a, b))
    }

    /// By the textbook's table.
    private static func longestCommon(_ a: [String], _ b: [String]) -> Int {
        var lengths = Array(repeating: Array(repeating: 0, count: b.count + 1), count: a.count + 1)
        for i in a.indices.reversed() {
            for j in b.indices.reversed() {
                lengths[i][j] = a[i] == b[j] ? lengths[i + 1][j + 1] + 1 : max(lengths[i + 1][j], lengths[i][j + 1])
            }
        }
        return lengths[0][0]
    }

    @Test("texts with nothing in common replace one another, within bounds")
    func bounded() {
        let patch = Self.patch(
            (0..<50_000).map { "a\($0)\n" }.joined(), (0..<50_000).map { "b\($0)\n" }.joined())
        #expect(patch.lines.first == .hunk("@@ -1,50000 +1,50000 @@"))
        #expect(patch.lines.count + patch.leftOut == 100_001)
        #expect(patch.lines.count == 400)
    }
}
