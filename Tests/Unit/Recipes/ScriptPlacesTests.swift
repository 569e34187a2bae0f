import Testing

@testable import RecipeText
@testable import Recipes

@Suite("Scripts: which lines of the file theirs are")
struct ScriptPlacesTests {
    /// The lines of the file in which those of a script stand. The layer's first line is the file's second.
    private func lines(_ body: String, _ variables: [String: String] = [:]) throws -> [Int?] {
        try #require(try layer(body, variables).run).places.map { $0?.line }
    }

    @Test("a block's lines are below its |, whatever stands beside that")
    func literalBlocks() throws {
        #expect(try lines("run: |\n  a\n  b") == [3, 4])
        #expect(try lines("run: |2- # why\n\n  a\n    b\n\n") == [3, 4, 5])
        #expect(try lines("run: |+\n  a\n\n") == [3, 4, nil])
        #expect(try lines("run: !!str &x |\n  a") == [3])
        let crlf = try recipe("foo:\r\n  run: |\r\n    a\r\n    b\r\n").layers.first?.run
        #expect(crlf?.places.map { $0?.line } == [3, 4, nil])
        let places = try #require(try layer("run: |\n  a\n    b").run).places
        #expect(places.map { $0?.column } == [5, 7])
    }

    @Test("a text in one line has all of its lines there")
    func singleLines() throws {
        #expect(try lines("run: a") == [2])
        #expect(try lines(#"run: "a\nb""#) == [2, 2])
        #expect(try lines("run: ${{X}}", ["X": "a\n   b"]) == [2])
    }

    @Test("nobody can tell of folded text, nor of a block that does not begin where its anchor does")
    func folded() throws {
        #expect(try lines("run: >\n  a\n  b") == [nil])
        #expect(try lines("run: a\n  b") == [nil])
        #expect(try lines("run: 'a\n\n  b'") == [nil, nil])
        #expect(try lines("run: &x # |\n  |\n  a\n  b") == [nil, nil])
        // A line end to YAML, and to nobody else.
        #expect(try lines("labels: {a: \"\u{2028}\"}\nrun: |\n  a") == [nil])
    }

    @Test("entries of a list stand where they stand")
    func lists() throws {
        #expect(try lines("run:\n- a\n# c\n- |\n  b\n  c\n- >\n  d\n- e") == [3, 6, 7, nil, nil, nil, 10])
        #expect(try lines("run: [a, b]") == [2, 2])
    }

    @Test("substitution keeps places, and an alias leads to what it stands for")
    func substitution() throws {
        #expect(try lines("run: |\n  ${{X}}\n  b", ["X": "a\n    a"]) == [3, 3, 4])
        #expect(try lines("labels: {a: ${{X}}}\nrun: |\n  a", ["X": "b,\n   c: d"]) == [4])
        let layers = try recipe("one:\n  run: &x |\n    a\ntwo:\n  run: *x\n").layers
        #expect(layers.last?.run?.places.map { $0?.line } == [3, nil])
    }

    @Test("what is said names stretches, and nothing that the place of the script says already")
    func words() throws {
        func words(_ body: String) throws -> String? {
            let layer = try layer(body)
            return try #require(layer.run).linesInWords(besides: layer.position(of: .run))
        }
        #expect(try words("run: |\n  a\n  b") == "its lines 1 to 2 are lines 3 to 4 of stacker.yaml")
        #expect(try words("run:\n- a") == "its line 1 is line 3 of stacker.yaml")
        #expect(try words("run: a") == nil)
        #expect(try words(#"run: "a\nb""#) == nil)
        #expect(try words("run: >\n  a\n  b") == nil)
        #expect(try words("run: [a, b,\n c]") == "its lines 1 to 2 are line 2, line 3 is line 3 of stacker.yaml")
        let many = "run:\n" + (1...6).map { "- a\($0)\n# c\n" }.joined()
        #expect(
            try words(many)
                == "its line 1 is line 3, line 2 is line 5, line 3 is line 7, line 4 is line 9, and so on, of stacker.yaml"
        )
    }

    @Test("a value of a file that no recipe uses is told of if it is close to a name that has none")
    func misspeltValues() throws {
        var values = Substitutions()
        try values.set(argument: "GIVEN=x")
        try values.merge(file: "v.yaml", text: "NAEM: a\nGIVNE: b\nOTHER: c\nHELD: d\n")
        let text = "it:\n  from: {type: scratch}\n  labels: {a: '${{NAME:}}', b: '${{GIVEN}}', c: '${{HELD}}'}\n"
        let source = RecipeSource("stacker.yaml", workingDirectory: "/srv")
        let set = try RecipeSet([source], substitutions: values, isReserved: { _ in false }, isThere: { _ in true }) {
            _ in
            Array(text.utf8)
        }
        #expect(
            set.unusedSubstitutions(["GIVEN=x"]) == [
                "v.yaml:1:1: no stacker file has ${{NAEM}}: is NAME meant, which has no value?"
            ])
    }
}
