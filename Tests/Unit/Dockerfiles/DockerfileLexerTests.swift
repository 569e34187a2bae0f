import Failure
import Testing

@testable import Dockerfiles

@Suite("Statements of a Dockerfile")
struct DockerfileLexerTests {
    private func statements(_ text: String) throws -> [DockerfileStatement] {
        var lexer = try DockerfileLexer(text, file: "Dockerfile")
        return try lexer.statements()
    }

    @Test("an instruction has the line on which it begins, and its name in capitals")
    func lines() throws {
        let found = try statements("# a comment\n\nfrom busybox\n\trun  true  \n")
        #expect(found.map(\.line) == [3, 4])
        #expect(found.map(\.keyword) == ["FROM", "RUN"])
        #expect(found.map(\.text) == ["busybox", "true"])
    }

    @Test("comments and empty lines within a continued instruction are left out")
    func continuations() throws {
        let found = try statements("RUN a \\\n  # between\n\n  && b \\  \n && c\nRUN d")
        #expect(found.map(\.lines) == [["a ", "  && b ", " && c"], ["d"]])
    }

    @Test("the escape directive counts at the very top only")
    func escape() throws {
        #expect(try statements("# escape=`\nRUN a `\n b\n").map(\.text) == ["a  b"])
        #expect(try statements("# Syntax = x\n#escape = `\nRUN a `\nb\n").map(\.text) == ["a b"])
        #expect(try statements("# no directive\n# escape=`\nRUN a `\nRUN b\n").count == 2)
        #expect(message { try statements("# escape=x\n") }.contains("Dockerfile:1: the escape character is"))
    }

    @Test("a NUL byte is refused where it stands, also in a comment and a here-document")
    func zero() {
        for text in ["FROM a\nRUN b\u{0}c\n", "FROM a\n# \u{0}\n", "RUN <<E\n\u{0}\nE\n"] {
            #expect(message { try statements(text) }.contains("Dockerfile:2: a NUL byte"))
        }
    }

    @Test("line ends of Windows and a byte order mark don't matter")
    func foreign() throws {
        #expect(try statements("\u{FEFF}RUN a \\\r\n b\r\n").map(\.text) == ["a  b"])
    }

    @Test(
        "a here-document goes to its end",
        arguments: [
            ("RUN <<EOF\na # b\n\nEOF\nRUN c", ["a # b\n\n"]),
            ("RUN cat <<-EOF > f\n\tx\n\tEOF\nRUN c", ["x\n"]),
            ("COPY <<\"A\" <<'B' /d/\na\nA\nb\nB\nRUN c", ["a\n", "b\n"]),
            ("RUN echo $((1 <<2)) <<<word\nRUN c", []),
        ])
    func heredocs(text: String, bodies: [String]) throws {
        let found = try statements(text)
        #expect(found[0].heredocs.map(\.text) == bodies)
        #expect(found.last?.text == "c")
    }

    @Test("a here-document without an end is an error")
    func endless() {
        #expect(message { try statements("\nRUN <<EOF\nx\n") } == "error: Dockerfile:2: here-document EOF has no end")
    }
}
