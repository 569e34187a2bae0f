import Testing

@testable import Recipes

@Suite("Recipe: substitution")
struct RecipeSubstitutionTests {
    struct Case: CustomTestStringConvertible {
        let text: String
        let result: String
        var testDescription: String { text }

        init(_ text: String, _ result: String) {
            self.text = text
            self.result = result
        }
    }

    private func expand(_ text: String) throws -> Substitutions.Expansion {
        try substitutions(["A": "v", "EMPTY": "", "REF": "${{A}} $A", "a-b.c": "dash"]).expand(text, file: "f")
    }

    @Test(
        "a reference becomes its value, or its default",
        arguments: [
            Case("x${{A}}y", "xvy"),
            Case("${{A}}${{A}}", "vv"),
            Case("${{EMPTY}}", ""),
            Case("${{EMPTY:default}}", ""),
            Case("${{a-b.c}}", "dash"),
            Case("${{A:default}}", "v"),
            Case("${{B:default}}", "default"),
            Case("${{B:}}", ""),
            Case("${{B:a:b}}", "a:b"),
            Case("${{B:docker://x/y:1}}", "docker://x/y:1"),
            Case("${{B:two\nlines}}", "two\nlines"),
            Case("${{B:${{A}}}}", "v"),
            Case("${{B:x${{C:y${{A}}z}}w}}.", "xyvzw."),
            Case("${{A:${{MISSING}}}}.", "v."),
            Case("${{A:$A}}.", "v."),
            Case("${{B:{x}}}.", "{x}."),
            Case("${{A:{x}}}.", "v."),
            Case("${{B:{}}.", "{."),
            Case(#"${{B:{"a":{}}}}."#, #"{"a":{}}."#),
            Case("${{B:{${{C:{}}}}}}.", "{{}}."),
            Case("${{B:${HOME}}}.", "${HOME}."),
            Case("${{REF}}", "${{A}} $A"),
            Case("no dollar", "no dollar"),
            Case(
                "$B ${B} ${B:-x} $AB ${AB} $A_B $ $$ ${ $1 ${A:-x} é",
                "$B ${B} ${B:-x} $AB ${AB} $A_B $ $$ ${ $1 ${A:-x} é"),
            Case("$(cmd) }} {{ }", "$(cmd) }} {{ }"),
        ])
    func references(_ example: Case) throws {
        let expansion = try expand(example.text)
        #expect(expansion.text == example.result)
        #expect(expansion.problem == nil)
    }

    @Test(
        "a reference that is wrong is an error with its place and the right form",
        arguments: [
            Case("a\n  ${{B}} ${{C}} ${{B}}", "f:2:3: no value for substitution B"),
            Case(
                "a\n  ${{B}} ${{C}} ${{B}}",
                "give it with --substitute B=… --substitute C=…, or write a default: ${{B:default}}"),
            Case("é ${{B:${{C}}}}", "f:1:8: no value for substitution C"),
            Case(
                "run: echo $A", "f:1:11: A was provided as a substitution and unsupported placeholder \"$A\" was found"),
            Case(
                "run: echo ${A}b",
                "f:1:11: A was provided as a substitution and unsupported placeholder \"${A}\" was found"),
            Case("$A.", "f:1:1: A was provided"),
            Case("${{B}} $A", "f:1:1: no value"),
            Case("x ${{A", "f:1:3: \"${{\" without \"}}\""),
            Case("x ${{", "f:1:3: \"${{\" without \"}}\""),
            Case("x ${{B:default", "f:1:3: \"${{\" without \"}}\""),
            Case("x ${{B:default}\ny ${{A}}", "f:1:3: \"${{\" without \"}}\""),
            Case("${{B:x ${{C:y}}", "f:1:1: \"${{\" without \"}}\""),
            Case("x ${{A:y", "f:1:3: \"${{\" without \"}}\""),
            Case("${{A:x}} ${{B}}", "f:1:10: no value for substitution B"),
            Case("${{A:${{B}}}} ${{C}}", "f:1:15: no value for substitution C"),
            Case("${{ A }}", "f:1:1: \"${{\" must be followed by a name"),
            Case("${{}}", "f:1:1: \"${{\" must be followed by a name"),
            Case("${{A}", "f:1:1: \"${{\" must be followed by a name and \"}}\""),
            Case("${{:x}}", "f:1:1: \"${{\" must be followed by a name"),
        ])
    func problems(_ example: Case) throws {
        let problem = try #require(try expand(example.text).problem)
        #expect(problem.report(trace: false).contains(example.result))
    }

    @Test("errors after a substitution name places in the file as it was written")
    func places() {
        let text = "foo:\n  run: ${{LINES}}\n  os: ${{A}} \n  ${{A}}: 1\n"
        let error = message { try recipe(text, ["LINES": "|\n    one\n    two", "A": "wide value"]) }
        #expect(error.hasPrefix("error: stacker.yaml:4:3: unknown key \"wide value\" in layer foo"))
        let behind = message { try recipe("foo: {working_dir: ${{A}}, rum: x}", ["A": "/very/long"]) }
        #expect(behind.hasPrefix("error: stacker.yaml:1:28: unknown key \"rum\" in layer foo: did you mean run?"))
    }

    @Test("an error of YAML comes before one of substitution, and that before a duplicate name")
    func order() {
        #expect(message { try recipe("foo: ${{A}}\nbar: }") }.contains("stacker.yaml:2:6: not YAML"))
        #expect(message { try recipe("foo: ${{A}}\nfoo: x") }.contains("stacker.yaml:1:6: no value for substitution A"))
        #expect(message { try recipe("foo: [${{A}}]") }.contains("stacker.yaml:1:7: no value for substitution A"))
    }

    @Test("a value is text: YAML sees it, and nothing in it is substituted again")
    func literal() throws {
        #expect(try layer("run: ${{A}}", ["A": "echo ${{B}} $A"]).run?.text == "echo ${{B}} $A")
    }

    @Test("--substitute takes NAME=VALUE, and the last of a name wins")
    func arguments() throws {
        var variables = Substitutions()
        try variables.set(argument: "A=1")
        try variables.set(argument: "A=x=y")
        try variables.set(argument: "B=")
        #expect(variables.values == ["A": "x=y", "B": ""])
        #expect(message { try variables.set(argument: "A") }.contains("--substitute \"A\": no \"=\""))
        #expect(message { try variables.set(argument: "A") }.contains("--substitute NAME=VALUE"))
        #expect(message { try variables.set(argument: "=x") }.contains("cannot be a substitution's name"))
        #expect(message { try variables.set(argument: "a b=x") }.contains("cannot be a substitution's name"))
    }

    @Test("a substitution file is a map of texts, and the command line wins")
    func files() throws {
        var variables = Substitutions()
        try variables.set(argument: "A=mine")
        try variables.merge(file: "s.yaml", text: "A: theirs\nVERSION: 1.10\nNONE:\nQ: 'x y'\n")
        #expect(variables.values == ["A": "mine", "VERSION": "1.10", "NONE": "", "Q": "x y"])
        try variables.merge(file: "s.yaml", text: "")
        func error(_ text: String) -> String {
            message {
                var variables = Substitutions()
                try variables.merge(file: "s.yaml", text: text)
            }
        }
        #expect(error("- a").contains("s.yaml:1:1: a substitution file is a map of NAME: VALUE, not a list"))
        #expect(error("A: [x]").contains("s.yaml:1:4: the value of \"A\" must be text, not a list"))
        #expect(error("A: 1\nA: 2").contains("s.yaml:2:1: \"A\" stands twice, first at s.yaml:1:1"))
        #expect(error("a b: 1").contains("s.yaml:1:1: \"a b\" cannot be a substitution's name"))
    }

    @Test("a command that only needs names can do without values")
    func placeholders() throws {
        let source = RecipeSource("stacker.yaml", workingDirectory: "/")
        let text = "${{NAME}}:\n  from: {type: scratch}\n"
        let recipe = try Recipe(
            Array(text.utf8), source: source, substitutions: Substitutions(missing: .replace("dummy")))
        #expect(recipe.layers.map(\.name) == ["dummy"])
    }
}
