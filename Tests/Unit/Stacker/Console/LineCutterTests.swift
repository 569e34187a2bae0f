import Fixtures
import Testing

@testable import Stacker

@Suite("Lines of a script")
struct LineCutterTests {
    /// What comes out if `text` comes in pieces.
    private func cut(_ pieces: [[UInt8]], prefix: String = "") throws -> [UInt8] {
        var cutter = LineCutter()
        var out: [UInt8] = []
        for piece in pieces {
            try piece.withUnsafeBytes { try cutter.take($0, prefix: Array(prefix.utf8)) { out += $0 } }
            #expect(out.isEmpty || out.last == UInt8(ascii: "\n"))
        }
        try cutter.end(prefix: Array(prefix.utf8)) { out += $0 }
        return out
    }

    private func cut(_ text: String..., prefix: String) throws -> String {
        String(decoding: try cut(text.map { Array($0.utf8) }, prefix: prefix), as: UTF8.self)
    }

    @Test("have a name in front, and an end also where the script gave the last one none")
    func prefix() throws {
        #expect(try cut("one\ntw", "o\n\nthree", prefix: "a | ") == "a | one\na | two\na | \na | three\n")
        #expect(try cut("one\n", prefix: "a | ") == "a | one\n")
        #expect(try cut("", "", prefix: "a | ") == "")
    }

    @Test("that a terminal would write over have it where the terminal goes on")
    func carriageReturn() throws {
        #expect(try cut(" 1%\r 2%\r100%\r\nx\r\n", prefix: "a | ") == "a |  1%\ra |  2%\ra | 100%\r\na | x\r\n")
        #expect(try cut("1%\r", prefix: "a | ") == "a | 1%\r\n")
        #expect(try cut("1%\r2%\n", prefix: "") == "1%\r2%\n")
    }

    @Test("that are too long are cut between characters, and nothing of them is lost")
    func long() throws {
        let most = LineCutter.longest
        let exact = String(repeating: "x", count: most)
        #expect(try cut(exact + "\n", prefix: "") == exact + "\n")
        #expect(try cut(exact + "y\n", prefix: "") == exact + "\ny\n")
        let wide = String(repeating: "x", count: most - 1) + "\u{20AC}uro"
        #expect(try cut(wide, prefix: "a | ") == "a | \(exact.dropLast())\na | \u{20AC}uro\n")
        let bytes = [UInt8](repeating: 0x80, count: 10 * most)
        #expect(try cut([bytes]).filter { $0 == 0x80 } == bytes)
    }

    @Test("are the same in whatever pieces their bytes come", arguments: Effort.some(of: 0...39))
    func pieces(seed: Int) throws {
        var random = SystemRandomNumberGenerator()
        let alphabet: [UInt8] = [0x0A, 0x0D, 0x41, 0x00, 0xFF, 0xC3, 0xA4]
        var text: [UInt8] = (0..<2000).map { _ in alphabet.randomElement(using: &random) ?? 0 }
        text += [UInt8](repeating: 0x61, count: seed % 3 == 0 ? 3 * LineCutter.longest : 10)
        text += (0..<2000).map { _ in alphabet.randomElement(using: &random) ?? 0 }
        var pieces: [[UInt8]] = []
        var rest = text[...]
        while !rest.isEmpty {
            let piece = rest.prefix(Int.random(in: 1...(seed % 2 == 0 ? 50 : 100_000), using: &random))
            pieces.append(Array(piece))
            rest = rest.dropFirst(piece.count)
        }
        #expect(try cut(pieces, prefix: "name | ") == cut([text], prefix: "name | "))
        let plain = try cut(pieces)
        #expect(plain.filter { $0 != 0x0A } == text.filter { $0 != 0x0A })
    }
}

@Suite("The last words of a script")
struct LastWordsTests {
    private func words(_ pieces: String...) -> String {
        var words = LastWords()
        for piece in pieces { Array(piece.utf8).withUnsafeBytes { words.take($0) } }
        return String(decoding: words.line, as: UTF8.self)
    }

    @Test("are the last line that is not empty, as far as it has come")
    func last() {
        #expect(words("one\ntwo\n") == "two")
        #expect(words("one\ntw", "o") == "two")
        #expect(words("one\ntw", "o\n") == "two")
        #expect(words("one\n", "\n\n") == "one")
        #expect(words("one", "\n") == "one")
        #expect(words(" 1%\r", " 2%\r") == " 2%")
        #expect(words("\r 1%", "\r 2%") == " 2%")
        #expect(words("") == "")
    }

    @Test("are bounded")
    func bounded() {
        #expect(words(String(repeating: "x", count: 10_000)).utf8.count <= 512)
        #expect(words(String(repeating: "x", count: 300), String(repeating: "y", count: 300)).utf8.count <= 512)
        #expect(words(String(repeating: "x", count: 10_000) + "\nend\n") == "end")
    }
}
