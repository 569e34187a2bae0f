import Failure
import FileTree
import Fixtures
import Glibc
import OCI
import SystemPackage
import Testing

@testable import Web

@Suite("The web client")
struct WebClientTests {
    /// - Parameter patience: how long a server may be silent; short where a test is about that. Elsewhere a machine that
    ///   is busy must not look like a server that is: each request that is sent again is one too many.
    private func settings(_ variables: [String: String] = [:], patience: Duration = .seconds(60)) -> WebSettings {
        var settings = WebSettings { variables[$0] }
        settings.readTimeout = patience
        settings.connectTimeout = .seconds(60)
        settings.retryDelay = .milliseconds(5)
        return settings
    }

    private func get(
        _ url: String, _ variables: [String: String] = [:], patience: Duration = .seconds(60)
    ) throws -> String {
        let client = WebClient(settings(variables, patience: patience))
        return String(decoding: try client.content(WebAddress(url), limit: 1 << 20), as: UTF8.self)
    }

    private func reason(
        _ url: String, _ variables: [String: String] = [:], patience: Duration = .seconds(60)
    ) -> String {
        do {
            return "no failure but \(try get(url, variables, patience: patience))"
        } catch {
            return String(describing: error)
        }
    }

    @Test("gets what a server has, and what it says of it")
    func gets() throws {
        let server = TestServer { .response($0, "200 OK", ["X-Checksum-Sha256: ab"], "hello") }
        #expect(try get(server.url("/x?y")) == "hello")
        #expect(server.requests.map(\.target) == ["/x?y"])
        let head = try WebClient(settings()).head(WebAddress(server.url("/x")))
        #expect(head["x-checksum-sha256"] == "ab")
        #expect(head.contentLength == 5)
    }

    @Test("a download goes to its file, hashed on the way")
    func downloads() throws {
        let part = [UInt8](repeating: 7, count: 1 << 20)
        let server = TestServer { _ in
            [.text("HTTP/1.1 200 OK\r\nContent-Length: \(8 << 20)\r\n\r\n")] + (0..<8).map { _ in .send(part) }
        }
        try withTemporaryDirectory { directory in
            let path = directory.appending("file")
            try path.write("what was there before")
            let file = try OpenFile(path, O_RDWR)
            let download = try WebClient(settings()).download(WebAddress(server.url("/x")), to: file)
            #expect(download.size == 8 << 20)
            #expect(download.digest == Digest(of: [UInt8](repeating: 7, count: 8 << 20)))
            #expect(try file.status().size == 8 << 20)
        }
    }

    @Test("a server that is slow to take does not make memory grow, nor does it stall")
    func backPressure() throws {
        let part = [UInt8](repeating: 7, count: 1 << 20)
        let server = TestServer { _ in
            [.text("HTTP/1.1 200 OK\r\nContent-Length: \(16 << 20)\r\n\r\n")] + (0..<16).map { _ in .send(part) }
        }
        var size = 0
        try WebClient(settings()).send(.GET, WebAddress(server.url("/"))) { _, body in
            try body.read { bytes in
                size += bytes.count
                if size % (1 << 20) == 0 { usleep(2000) }
            }
        }
        #expect(size == 16 << 20)
    }

    @Test("a server that sends next to nothing is given up, in its content and in its header")
    func trickle() throws {
        // For far longer than is waited for: what is given up must not be over by itself.
        let drops = (0..<800).flatMap { _ in [TestServer.Step.text("x"), .pause(milliseconds: 25)] }
        let body = TestServer { _ in [.text("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")] + drops }
        let header = TestServer { _ in [.text("HTTP/1.1 200 OK\r\nX-Slow: ")] + drops }
        var settings = settings()
        settings.attempts = 2
        settings.rateWindow = .milliseconds(200)
        let forBody = WebClient(settings)
        let slowBody = #expect(throws: Failure.self) { try forBody.content(WebAddress(body.url("/x")), limit: 2000) }
        #expect(slowBody?.description.contains("in 2 attempts: only ") == true)
        #expect(slowBody?.description.hasSuffix(" bytes came in 0.2 seconds") == true)
        settings.readTimeout = .milliseconds(300)
        let forHeader = WebClient(settings)
        let slowHeader = #expect(throws: Failure.self) {
            try forHeader.content(WebAddress(header.url("/x")), limit: 2000)
        }
        #expect(slowHeader?.description.contains("in 2 attempts: the server said nothing for 0.3 seconds") == true)
    }

    @Test("time is only the server's as long as it is waited for")
    func pace() throws {
        var settings = settings()
        settings.leastRate = 10
        settings.rateWindow = .seconds(1)
        var pace = Pace(settings)
        for _ in 0..<100 { try pace.note(0, after: .milliseconds(9)) }
        try pace.note(20, after: .milliseconds(900))
        try pace.note(5, after: .milliseconds(900))
        #expect(throws: WebError.connection("only 6 bytes came in 1.0 seconds")) {
            try pace.note(1, after: .milliseconds(100))
        }
    }

    @Test(
        "reads times in all three forms, and nothing else",
        arguments: [
            ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777), ("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777),
            ("Sun Nov  6 08:49:37 1994", 784_111_777), ("Sun, 06 Nov 1994 08:49:37 CET", nil), ("", nil),
            ("Sun, 06 Foo 1994 08:49:37 GMT", nil), ("Sun, 99 Nov 1994 08:49:37 GMT", nil), ("3600", nil),
        ] as [(String, Int64?)])
    func times(text: String, seconds: Int64?) {
        #expect(HTTPDate(text)?.seconds == seconds)
    }

    @Test("a 404 is said at once")
    func notFound() throws {
        let server = TestServer { .response($0, "404 Not Found") }
        #expect(reason(server.url("/x")) == "couldn't get \(server.url("/x")): the server says 404 Not Found")
        #expect(server.requests.count == 1)
    }

    @Test("a 500 is tried again")
    func retries() throws {
        let server = TestServer {
            $0.number < 3 ? .response($0, "500 Internal Server Error") : .response($0, "200 OK", [], "at last")
        }
        #expect(try get(server.url("/x")) == "at last")
        #expect(server.requests.count == 3)
    }

    @Test("a 503 that stays is an error in the end")
    func givesUp() throws {
        let server = TestServer { .response($0, "503 Service Unavailable") }
        #expect(reason(server.url("/x")).hasSuffix("in 4 attempts: the server says 503 Service Unavailable"))
        #expect(server.requests.count == 4)
    }

    @Test(
        "a cut connection is tried again, and never a shorter file",
        arguments: [
            [.text("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhel")],
            [.text("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhel"), .pause(milliseconds: 20), .reset],
            [.text("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")],
            [.text("HTTP/1.1 200 OK\r\nContent-Le")], [.reset], [],
        ] as [[TestServer.Step]])
    func cut(steps: [TestServer.Step]) throws {
        let server = TestServer { $0.number == 1 ? steps : .response($0, "200 OK", [], "whole") }
        #expect(try get(server.url("/x")) == "whole")
        let broken = TestServer { _ in steps }
        #expect(reason(broken.url("/x")).hasPrefix("couldn't get \(broken.url("/x")) in 4 attempts: "))
    }

    @Test(
        "a server that falls silent is given up", arguments: ["", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhel"])
    func silent(beginning: String) throws {
        let server = TestServer { _ in [.text(beginning), .pause(milliseconds: 20_000)] }
        let said = reason(server.url("/x"), patience: .milliseconds(300))
        #expect(said.hasSuffix("in 4 attempts: the server said nothing for 0.3 seconds"))
    }

    @Test("nobody listening is said in words")
    func refused() throws {
        let server = TestServer { _ in [] }
        let url = server.url("/x")
        server.stop()
        #expect(reason(url) == "couldn't get \(url) in 4 attempts: connection refused")
        let proxied = reason("http://nowhere.invalid/", ["http_proxy": "127.0.0.1:\(server.port)"])
        #expect(proxied.contains("through the proxy 127.0.0.1:\(server.port) in 4 attempts: connection refused"))
    }

    @Test("what is no HTTP is said so")
    func nonsense() throws {
        let server = TestServer { _ in [.text("220 mail.example ESMTP\r\n\r\n")] }
        #expect(reason(server.url("/x")).contains("the server's answer is not HTTP"))
    }

    @Test("a content beyond its bound is refused, announced or not")
    func bound() throws {
        let announced = TestServer { .response($0, "200 OK", [], String(repeating: "x", count: 2000)) }
        let streamed = TestServer { _ in [.text("HTTP/1.1 200 OK\r\n\r\n" + String(repeating: "x", count: 2000))] }
        for server in [announced, streamed] {
            let error = #expect(throws: Failure.self) {
                try WebClient(settings()).content(WebAddress(server.url("/x")), limit: 1000)
            }
            #expect("\(String(describing: error))".contains("longer than the 1000 bytes"))
            #expect(server.requests.count == 1)
        }
    }

    // MARK: - Redirects and credentials

    @Test("redirects are followed, but not for ever")
    func redirects() throws {
        let server = TestServer {
            switch $0.target {
            case "/a": .response($0, "301 Moved Permanently", ["Location: b/c"])
            case "/b/c": .response($0, "302 Found", ["Location: ../d"])
            case "/d": .response($0, "200 OK", [], "here")
            default: .response($0, "302 Found", ["Location: \($0.target)"])
            }
        }
        #expect(try get(server.url("/a")) == "here")
        #expect(reason(server.url("/loop")).contains("it leads in a circle: more than 10 redirects"))
        #expect(server.requests.count == 3 + 11)
    }

    @Test("a redirect to what is not http is refused")
    func redirectElsewhere() throws {
        let server = TestServer { .response($0, "302 Found", ["Location: file:///etc/passwd"]) }
        #expect(reason(server.url("/x")).contains("it leads to file:///etc/passwd, which is not http or https"))
    }

    @Test("credentials stay with their server")
    func credentialsStay() throws {
        let other = TestServer { .response($0, "200 OK", [], "there") }
        let server = TestServer {
            $0.target == "/x"
                ? .response($0, "302 Found", ["Location: /y"])
                : .response($0, "302 Found", ["Location: \(other.url("/z"))"])
        }
        #expect(try get("http://me:secret@127.0.0.1:\(server.port)/x") == "there")
        // me:secret
        #expect(server.requests.map { $0.headers["authorization"] } == ["Basic bWU6c2VjcmV0", "Basic bWU6c2VjcmV0"])
        #expect(other.requests.map { $0.headers["authorization"] } == [nil])
    }

    @Test("credentials are in no error")
    func credentialsHidden() throws {
        let server = TestServer { request in
            switch request.target {
            case "/401": .response(request, "401 Unauthorized")
            case "/loop": .response(request, "302 Found", ["Location: http://me:secret@127.0.0.1/%zz:x@"])
            case "/bad": .response(request, "302 Found", ["Location: ftp://me:secret@h/"])
            default: []
            }
        }
        for path in ["/401", "/bad", "/cut"] {
            let text = reason("http://me:secret@127.0.0.1:\(server.port)\(path)")
            #expect(text.contains("couldn't get http://127.0.0.1:\(server.port)\(path)"))
            #expect(!text.contains("secret"))
        }
    }

    // MARK: - Proxies, TLS, stopping

    @Test("a request goes through the proxy")
    func throughProxy() throws {
        let proxy = TestServer { .response($0, "200 OK", [], "by proxy") }
        let variables = ["http_proxy": "http://me:secret@127.0.0.1:\(proxy.port)"]
        #expect(try get("http://nowhere.invalid/x", variables) == "by proxy")
        #expect(proxy.requests.map(\.target) == ["http://nowhere.invalid/x"])
        #expect(proxy.requests.first?.headers["proxy-authorization"] == "Basic bWU6c2VjcmV0")
    }

    @Test("https goes through the proxy's tunnel; one that it refuses is an error")
    func throughTunnel() throws {
        let proxy = TestServer { .response($0, "403 Forbidden") }
        let text = reason("https://nowhere.invalid/x", ["HTTPS_PROXY": "127.0.0.1:\(proxy.port)"])
        #expect(text.contains("the proxy did not make the connection"))
        #expect(proxy.requests.first?.method == "CONNECT")
        #expect(proxy.requests.first?.target == "nowhere.invalid:443")
    }

    @Test("an SSL_CERT_FILE that is not there is named; a request without TLS does not need it")
    func certificates() throws {
        let server = TestServer { .response($0, "200 OK", [], "hello") }
        let variables = ["SSL_CERT_FILE": "/nowhere/ca.pem"]
        #expect(try get(server.url("/x"), variables) == "hello")
        #expect(
            reason("https://127.0.0.1:\(server.port)/x", variables)
                .contains("couldn't read the certificates of SSL_CERT_FILE, /nowhere/ca.pem: No such file or directory")
        )
    }

    @Test("a stop ends a request that waits")
    func stops() throws {
        struct Stop: Error {}
        let server = TestServer { _ in [.pause(milliseconds: 2000)] }
        let isStopped = Thread.Box(false)
        let client = WebClient(WebSettings { _ in nil }) { if isStopped.value { throw Stop() } }
        let stopper = Thread {
            usleep(100_000)
            isStopped.value = true
        }
        #expect(throws: Stop.self) { try client.content(WebAddress(server.url("/x")), limit: 10) }
        stopper.join()
    }
}

extension TestServer {
    func url(_ path: String) -> String { "http://127.0.0.1:\(port)\(path)" }
}
