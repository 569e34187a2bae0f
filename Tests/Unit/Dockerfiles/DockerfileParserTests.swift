import Failure
import Testing

@testable import Dockerfiles

@Suite("Instructions of a Dockerfile")
struct DockerfileParserTests {
    private func kinds(_ text: String) throws -> [DockerfileInstruction.Kind] {
        try DockerfileParser.parse(text, file: "Dockerfile").instructions.map(\.kind)
    }

    @Test("the JSON form is words, anything else is a text")
    func commands() throws {
        #expect(try kinds("CMD [ \"a\", \"b c\" ]") == [.command(.words(["a", "b c"]))])
        #expect(try kinds("CMD ['a']") == [.command(.shell(lines: ["['a']"], heredocs: []))])
        #expect(try kinds("ENTRYPOINT a b") == [.entrypoint(.shell(lines: ["a b"], heredocs: []))])
    }

    @Test("ENV has two forms")
    func pairs() throws {
        #expect(try kinds("ENV a b c = d") == [.environment([.init(name: "a", value: "b c = d")])])
        #expect(
            try kinds("ENV a=1 b=\"2 3\" c=4\\ 5")
                == [
                    .environment([
                        .init(name: "a", value: "1"), .init(name: "b", value: "\"2 3\""),
                        .init(name: "c", value: "4\\ 5"),
                    ])
                ])
        #expect(message { try kinds("ENV a") }.contains("Dockerfile:1: ENV a has no value"))
        #expect(message { try kinds("ENV a=1 b") }.contains("\"b\" is not NAME=VALUE"))
    }

    @Test("flags are taken off, also over several lines")
    func flags() throws {
        let found = try DockerfileParser.parse("COPY --from=a \\\n --link b c", file: "Dockerfile").instructions
        #expect(found[0].flags == [.init(name: "from", value: "a"), .init(name: "link", value: nil)])
        #expect(found[0].kind == .copy(.init(sources: ["b"], destination: "c", heredocs: [])))
    }

    @Test(
        "what is not an instruction is refused with its line",
        arguments: [
            ("FROM a\nWORKDRI /", "Dockerfile:2: unknown instruction WORKDRI: did you mean WORKDIR?"),
            ("FROM a\nRUN", "Dockerfile:2: RUN has no arguments"), ("FROM a b", "Dockerfile:1: FROM is written"),
            ("FROM a\nFROM b AS \u{1}-b", #"Dockerfile:2: "\u{01}-b" is no name of a stage"#),
            ("FROM a AS b:c", #"Dockerfile:1: "b:c" is no name of a stage"#),
            ("FROM a AS 1b", #"Dockerfile:1: "1b" is no name of a stage"#),
            ("FROM a AS é", #"Dockerfile:1: "é" is no name of a stage"#),
            ("COPY a", "Dockerfile:1: COPY needs a source and a destination"),
            ("SHELL /bin/sh", "Dockerfile:1: SHELL needs a JSON list"),
        ])
    func refused(text: String, error: String) {
        #expect(message { try kinds(text) }.hasPrefix("error: \(error)"))
    }
}
