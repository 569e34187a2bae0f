import Failure
import Fixtures
import Testing

@testable import Web

@Suite("The web client and answers that are not what they should be")
struct WebFramingTests {
    private func reason(_ url: String, variables: [String: String] = [:]) -> String {
        var settings = WebSettings { variables[$0] }
        settings.retryDelay = .milliseconds(2)
        do {
            let content = try WebClient(settings).content(WebAddress(url), limit: 1 << 20)
            return "no failure but \(content.count) bytes"
        } catch {
            return String(describing: error)
        }
    }

    @Test(
        "a length that is none, or another one, is no reason to take what came",
        arguments: [
            "Content-Length: 0x5", "Content-Length: 3, 5", "Content-Length: 3abc", "Content-Length: 3;5",
            "Content-Length: -5", "Content-Length: 99999999999999999999999",
            "Content-Length: 3\r\nContent-Length: 5", "Content-Length: 3\r\nTransfer-Encoding: chunked",
        ])
    func lengths(header: String) {
        let server = TestServer { _ in [.text("HTTP/1.1 200 OK\r\n\(header)\r\n\r\nhello")] }
        let said = reason(server.url("/x"))
        // Some of them libcurl itself refuses.
        #expect(said.hasPrefix("couldn't get \(server.url("/x"))"), "\(said)")
    }

    @Test("nothing is decoded that nobody has asked for")
    func codings() {
        let server = TestServer { _ in
            [.text("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n")]
        }
        #expect(reason(server.url("/x")).contains("a Transfer-Encoding that it was not asked for"))
        #expect(server.requests.count == 1)
    }

    @Test("a server's own words for its status are not repeated")
    func words() {
        let server = TestServer { _ in [.text("HTTP/1.1 404 Basic c2VjcmV0 \u{1b}[31m\r\nContent-Length: 0\r\n\r\n")] }
        #expect(reason(server.url("/x")) == "couldn't get \(server.url("/x")): the server says 404 Not Found")
    }

    @Test("a protocol that nobody has asked for is said at once")
    func switching() {
        let server = TestServer { _ in [.text("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n")] }
        #expect(reason(server.url("/x")).hasSuffix("the server says 101 Switching Protocols"))
        #expect(server.requests.count == 1)
    }

    @Test("lines without an end are given up, behind the content too")
    func trailers() {
        let line = "X-T: " + String(repeating: "a", count: 1000) + "\r\n"
        let lines = (0..<1200).map { _ in TestServer.Step.text(line) }
        let server = TestServer { _ in
            [.text("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n")] + lines
                + [.pause(milliseconds: 20_000)]
        }
        #expect(reason(server.url("/x")).contains("a header without an end"))
        #expect(server.requests.count == 1)
    }

    @Test("a name that nobody knows is said as such, each time")
    func names() {
        let said = reason("http://nowhere.invalid/x")
        #expect(said == "couldn't get http://nowhere.invalid/x in 4 attempts: couldn't find the host nowhere.invalid")
        let proxied = reason("http://h.example/x", variables: ["http_proxy": "http://nowhere.invalid:1"])
        #expect(proxied.contains("in 4 attempts: couldn't find the host nowhere.invalid"), "\(proxied)")
    }
}
