import Failure
import Fixtures
import LayerFuzzing
import RecipeText
import Recipes
import Testing

@testable import RecipeTools

@Suite("stacker fmt") struct RecipeFormatTests {
    private func format(_ text: String) throws -> String {
        try RecipeFormat.format(Array(text.utf8), name: "stacker.yaml")
    }

    @Test(
        "what is between the tokens has one form",
        arguments: [
            ("a:   1", "a: 1\n"),
            ("\n\na: 1\n\n\n\nb: 2\n\n", "a: 1\n\nb: 2\n"),
            ("a : 1   # why  \n", "a: 1   # why\n"),
            ("a:\n- b\n-   c\n", "a:\n  - b\n  - c\n"),
            ("a:\n    - b: 1\n      c: 2\n", "a:\n  - b: 1\n    c: 2\n"),
            ("-   - a\n    - b\n", "- - a\n  - b\n"),
            ("a: [ 1,2 , 3 ]\n", "a: [1, 2, 3]\n"),
            ("a: {b: , c: &x d , e : *x }\n", "a: {b: , c: &x d, e: *x}\n"),
            ("&k a : *k\n", "&k a: *k\n"),
            ("a: &x b\n*x : c\n", "a: &x b\n*x : c\n"),
            ("? a\n: b\n", "? a\n: b\n"),
            ("a:\n      'b\n       c'\n", "a:\n  'b\n   c'\n"),
            ("a:\n      [b,\n       c]\n", "a:\n  [b,\n   c]\n"),
            ("a:\n    b: x\n     y\n", "a:\n  b: x\n   y\n"),
            ("a: |+\n  x\n\n\nb: 1\n", "a: |+\n  x\n\n\nb: 1\n"),
            ("a: |\n  x\n\n\nb: 1\n", "a: |\n  x\n\nb: 1\n"),
            ("a:\n    b: |2\n       x\n      y\n", "a:\n  b: |2\n     x\n    y\n"),
            ("a:\n    b: |\n      x\n     \n        \n      y\n", "a:\n  b: |\n    x\n    \n      \n    y\n"),
            ("a:\r\n    b: 1\r\n\r\n\r\nc: |\r\n  x\r\n", "a:\r\n  b: 1\r\n\r\nc: |\r\n  x\r\n"),
            ("# only\n", "# only\n"), ("", ""), ("\n\n", ""),
            ("\u{FEFF}a:  1\n", "\u{FEFF}a: 1\n"),
            ("a: ${{X:b: c  d}}\n", "a: ${{X:b: c  d}}\n"),
            ("a: [${{X}},b]\n", "a: [${{X}}, b]\n"),
            ("---\na:   1\n...\n", "---\na: 1\n...\n"),
        ])
    func form(before: String, after: String) throws {
        #expect(try format(before) == after)
        #expect(try format(after) == after)
    }

    @Test("a comment stays with what it is about")
    func comments() throws {
        let before = """
            a:
                # of b
                b:
                    c: 1
                    # of c, below
                # of a, below

                d: 2
            # of e
            e: 3
                # behind all
            """
        let after = """
            a:
              # of b
              b:
                c: 1
                # of c, below
              # of a, below

              d: 2
            # of e
            e: 3
            # behind all

            """
        #expect(try format(before) == after)
    }

    @Test("a text whose end is the file's gets no line end, which would be part of it")
    func openEnd() throws {
        #expect(try format("a:  |\n  x") == "a: |\n  x")
    }

    @Test("what is no YAML, and a placeholder where no value can be, is left alone")
    func refused() {
        for text in ["a: [", "a: 1\n${{X}}\n", "a: ${{X\n"] {
            #expect(throws: Failure.self) { try format(text) }
        }
    }

    @Test("random recipes keep their letters and what they mean", arguments: Effort.some(of: 0...400))
    func random(seed: Int) throws {
        var untidy = UntidyRecipe(seed: UInt64(seed))
        let text = untidy.text()
        let formatted = try format(text)
        #expect(try format(formatted) == formatted, "\(text)")
        let letters: (String) -> String = { $0.filter { !$0.isWhitespace } }
        #expect(letters(formatted) == letters(text))
        let read: (String) throws -> [[DefinitionField]] = { text in
            try Recipe(Array(text.utf8), source: RecipeSource("stacker.yaml", workingDirectory: "/srv")).layers.map(
                \.fields)
        }
        #expect(try read(formatted) == read(text), "\(text)")
        #expect(formatted.split(separator: "\n").allSatisfy { !$0.hasPrefix("\t") })
    }
}

/// Recipes that mean something, written by somebody who doesn't care how.
private struct UntidyRecipe {
    private var random: FuzzRandom
    private var lines: [String] = []

    init(seed: UInt64) {
        random = FuzzRandom(seed: 0, iteration: Int(seed))
    }

    mutating func text() -> String {
        for number in 0..<Int.random(in: 1...3, using: &random) {
            comment(0)
            lines.append("layer\(number)\(some([":", " :", ":   # a layer", ":  "]))")
            layer(indentation: Int.random(in: 1...7, using: &random))
        }
        comment(0)
        return lines.joined(separator: "\n") + some(["\n", "", "\n\n\n"])
    }

    private mutating func layer(indentation: Int) {
        let inner = indentation + Int.random(in: 1...5, using: &random)
        pair(indentation, "from", some(["{type: scratch}", "{ type : scratch }", "{type: oci,url: 'a:b'}"]))
        pair(indentation, "environment", "")
        for name in ["A", "B"] {
            pair(inner, name, some(["1", "'x y'", "\"a # b\"", "x\n\(blanks(inner + 1))y", "&\(name) z"]))
        }
        lines.append("\(blanks(indentation))volumes:")
        let entries = some([indentation, inner])
        for volume in ["/a", "/b"] {
            comment(entries)
            lines.append("\(blanks(entries))-\(some([" ", "   "]))\(volume)\(some(["", "  # here"]))")
        }
        lines.append("\(blanks(indentation))imports:")
        lines.append("\(blanks(entries))-\(some([" ", "    "]))x")
        lines.append("\(blanks(entries))-  path: y")
        comment(entries + 3)
        lines.append("\(blanks(entries + 3))dest:  /y")
        let header = some(["|", ">", "|-", "|+", "|2", "| # why"])
        lines.append("\(blanks(indentation))run:  \(header)")
        let content = header == "|2" ? indentation + 2 : inner
        lines.append("\(blanks(content))echo a   ")
        lines.append(some(["", blanks(content), blanks(content + 2)]))
        lines.append("\(blanks(content))  # b\t")
        lines.append("\(blanks(content))c")
        comment(0)
        pair(indentation, "labels", "{\(some(["a: b", "a: b,c : d", "'a' : \"b\""]))}")
    }

    private mutating func pair(_ indentation: Int, _ key: String, _ value: String) {
        comment(indentation)
        lines.append("\(blanks(indentation))\(key)\(some([": ", " : ", ":\t", ":    "]))\(value)")
    }

    private mutating func comment(_ indentation: Int) {
        switch Int.random(in: 0..<5, using: &random) {
        case 0: lines.append("\(blanks(indentation))# at \(indentation)  ")
        case 1: lines += ["", "", "\(blanks(indentation))#", ""]
        default: break
        }
    }

    private mutating func some<Value>(_ values: [Value]) -> Value {
        values[Int.random(in: 0..<values.count, using: &random)]
    }

    private func blanks(_ count: Int) -> String { String(repeating: " ", count: count) }
}
