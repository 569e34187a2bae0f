import Fixtures
import Testing

@testable import Recipes

/// The time limits are far above what is needed, so that a busy machine keeps them, and far below what anything worse
/// than linear would take.
@Suite("Recipe: YAML that means harm")
struct RecipeYAMLTests {
    /// `levels` lists, each of which holds the one before `width` times.
    private func laughs(levels: Int, width: Int, last: (String) -> String) -> String {
        var lines = ["a0: &a0 [x]"]
        for level in 1..<levels {
            let aliases = [String](repeating: "*a\(level - 1)", count: width).joined(separator: ", ")
            lines.append("a\(level): &a\(level) [\(aliases)]")
        }
        return (lines + [last("*a\(levels - 1)")]).joined(separator: "\n")
    }

    @Test("aliases that stand for too much are refused, as values and as keys")
    func billionLaughs() {
        let clock = ContinuousClock()
        let time = clock.measure {
            for text in [
                laughs(levels: 40, width: 9) { "foo: \($0)" }, laughs(levels: 60, width: 2) { "foo: {? \($0) : 1}" },
            ] {
                let error = message { try recipe(text) }
                #expect(error.contains("aliases stand for more than 100000 values"))
                #expect(error.hasPrefix("error: stacker.yaml:"))
            }
        }
        #expect(time < .seconds(30))
    }

    @Test("a merge of merges costs what it stands for")
    func merges() {
        var lines = ["a0: &a0 {\((0..<1000).map { "k\($0): v" }.joined(separator: ", "))}"]
        for level in 1..<200 { lines.append("a\(level): &a\(level) {<<: *a\(level - 1)}") }
        #expect(message { try recipe(lines.joined(separator: "\n")) }.contains("aliases stand for more than"))
    }

    @Test("honest anchors are far from the bound")
    func honest() throws {
        let text = "base: &base\n  environment: {A: 1, B: 2, C: 3}\n" + (0..<1000).map { "l\($0): *base\n" }.joined()
        #expect(try recipe(text).layers.count == 1001)
    }

    @Test(
        "deep nesting is refused, whatever it is made of",
        arguments: ["[", "{", "- ", "{a: ", "? ", "[{", "!x [", "{? ", "&a ["])
    func nesting(_ opening: String) {
        let error = message { try recipe("foo: \n  " + String(repeating: opening, count: 20_000)) }
        #expect(error.hasPrefix("error: stacker.yaml:"))
        let started = ContinuousClock.now
        _ = message { try recipe(String(repeating: opening, count: 100_000)) }
        #expect(ContinuousClock.now - started < .seconds(30))
    }

    @Test("an alias may not hold itself")
    func selfReference() {
        #expect(message { try recipe("foo: &a [*a]") }.contains("stacker.yaml:1:10: unknown alias *a"))
    }

    @Test("any text is read or refused in bounded time", arguments: 0..<40, [Effort.repetitions(100)])
    func fuzz(_ seed: UInt64, texts: Int) {
        let pieces = [
            "${{", "}}", "}", "{", "$", "${", "A", "B", ":", "${{A}}", "${{B:", "${{A:x}}", "\n", "  ", "\t", "- ",
            "foo:",
            "from:", " {type: scratch}", "imports:", "run: |\n", "&a ", "*a", "<<: ", "\"", "'", "#", "[", "]", ",",
            "? ",
            "---\n", "\r\n", "\u{0}", "é", "\u{FEFF}", "\u{2028}", "🦊", "!!str ", "!", "%", "@", "`", "|", ">", "~",
            "0777",
        ]
        var random = SeededGenerator(seed: seed)
        let started = ContinuousClock.now
        for _ in 0..<texts {
            let count = Int.random(in: 0..<60, using: &random)
            var text = (0..<count).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
            if Bool.random(using: &random) { text = "foo:\n  from: {type: scratch}\n  run: " + text }
            let error = message { try recipe(text, ["A": "v ${{A}}"]) }
            #expect(error == "no error" || error.hasPrefix("error: stacker.yaml:"), "\(text.debugDescription)")
        }
        #expect(ContinuousClock.now - started < .seconds(30))
    }

    @Test("any bytes are read or refused", arguments: 0..<10, [Effort.repetitions(200)])
    func fuzzBytes(_ seed: UInt64, texts: Int) {
        var random = SeededGenerator(seed: seed)
        let source = RecipeSource("stacker.yaml", workingDirectory: "/")
        for _ in 0..<texts {
            let bytes = (0..<Int.random(in: 0..<40, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            let error = message { try Recipe(bytes, source: source) }
            #expect(error == "no error" || error.hasPrefix("error: stacker.yaml:"))
        }
    }

    @Test(
        "substitution takes time linear in the text",
        arguments: [
            "${{A:", "${{A:{", "${{", "$", "${", "}", "{", "${{A:}", "${{A}}", "${{B:{}}", "${{B}}", "$A", "${{A:\n",
        ])
    func linear(_ piece: String) throws {
        let text = String(repeating: piece, count: 100_000) + String(repeating: "}", count: 200_000)
        let variables = try substitutions(["A": "v"])
        let started = ContinuousClock.now
        _ = variables.expand(text, file: "f")
        #expect(ContinuousClock.now - started < .seconds(30))
    }
}

/// SplitMix64: the same numbers for the same seed, on every machine.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
