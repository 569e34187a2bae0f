import Failure
import SystemPackage
import Testing

@Suite("A failure")
struct FailureTests {
    private func failing() throws {
        try attempt("couldn't build foo") {
            try attempt("couldn't open bar", help: "make room") { throw Errno.noSpace }
        }
    }

    @Test("reads from the task to the root cause in one line, with the innermost advice")
    func reads() throws {
        let failure = try #require(throws: Failure.self) { try failing() }
        #expect(failure.description == "couldn't build foo: couldn't open bar: No space left on device")
        #expect(
            failure.report(trace: false)
                == "error: couldn't build foo: couldn't open bar: No space left on device\nhelp: make room")
        #expect(failure.errno == .noSpace)
        #expect(failure.processExitStatus == 1)
    }

    @Test("says what a failed call was about, unless it has been said")
    func place() throws {
        let call = FailedCall(.ioError, at: "/srv/roots/foo")
        func text(_ what: String) -> String {
            Failure("couldn't build", because: Failure(what, because: call)).description
        }
        #expect(text("couldn't list it") == "couldn't build: couldn't list it: /srv/roots/foo: Input/output error")
        #expect(text("couldn't list roots/foo") == "couldn't build: couldn't list roots/foo: Input/output error")
        #expect(
            text("couldn't list foobar") == "couldn't build: couldn't list foobar: /srv/roots/foo: Input/output error")
        #expect(Failure("couldn't list it", because: call).errno == .ioError)
        #expect((call.systemError, Errno.ioError.systemError) == (.ioError, .ioError))
        #expect(Failure("couldn't list it", because: call).systemError == nil)
    }

    @Test("shows text of others on one line, and not all of it if there is much")
    func shows() {
        #expect(shown("a\nb\u{1b}[0m \"ü\"") == #"a\nb\u{1B}[0m "ü""#)
        #expect(shown(path: "a\nb\u{1b}[0m \"ü\"".utf8) == #"a\nb\u{1B}[0m "ü""#)
        #expect((shown(path: []), shown(fromRoot: []), shown(fromRoot: "a/b".utf8)) == ("/", "/", "/a/b"))
        #expect(shown(String(repeating: "x", count: 9), limit: 9) == "xxxxxxxxx")
        #expect(shown(String(repeating: "x", count: 10), limit: 9) == "xxxxxxxxx…")
    }

    @Test(
        "shows marks of writing directions, and what has no width, as escapes",
        arguments: ["202E", "2066", "2067", "2068", "2069", "200E", "200F", "200B", "2028", "2029", "FEFF", "0085"])
    func showsUnseen(digits: String) throws {
        let scalar = try #require(UInt32(digits, radix: 16).flatMap(Unicode.Scalar.init))
        let text = "gpj.\(scalar)exe"
        #expect(shown(text) == "gpj.\\u{\(digits)}exe")
        #expect(shown(path: text.utf8) == "gpj.\\u{\(digits)}exe")
    }

    @Test("traced, says where it arose and where it passed, innermost first")
    func traces() throws {
        let report = try #require(throws: Failure.self) { try failing() }.report(trace: true)
        let lines = report.split(separator: "\n").suffix(2)
        #expect(lines.first?.contains("arose at Unit/FailureTests.swift:") == true)
        #expect(lines.first?.contains("failing()") == true)
        #expect(lines.last?.contains("couldn't build foo") == true)
    }

    @Test("the outermost exit status of the chain wins")
    func exitStatus() {
        let inner = Failure("inner", exitStatus: 7)
        #expect(Failure("outer", because: inner).processExitStatus == 7)
        #expect(Failure("outer", because: inner, exitStatus: 3).processExitStatus == 3)
    }
}
