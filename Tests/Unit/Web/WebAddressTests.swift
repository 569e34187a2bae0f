import Testing

@testable import Web

@Suite("Addresses on the web")
struct WebAddressTests {
    @Test(
        "a URL is read in its parts",
        arguments: [
            ("http://h", "http://h/"), ("https://Host.Example/a/b", "https://host.example/a/b"),
            ("HTTP://h:80/x?y=/z#top", "http://h/x?y=/z"), ("https://h:8443/", "https://h:8443/"),
            ("https://[::1]:5/x", "https://[::1]:5/x"), ("http://h?q", "http://h/?q"),
            ("http://h/a b/\u{e9}", "http://h/a%20b/%C3%A9"), ("http://h/50%", "http://h/50%25"),
            ("http://u:p@h/x", "http://h/x"), ("http://h:/x", "http://h/x"),
        ])
    func reads(text: String, request: String) throws {
        #expect(try WebAddress(text).requestText == request)
    }

    @Test(
        "what is no URL is refused",
        arguments: [
            "", "h/x", "ftp://h/x", "http://", "http:///x", "http://h:0/", "http://h:x/", "http://h h/",
            "http://\u{e9}/",
        ])
    func refuses(text: String) {
        #expect(throws: (any Error).self) { try WebAddress(text) }
    }

    @Test("credentials are read, and never shown")
    func credentials() throws {
        let address = try WebAddress("https://me:s%40cr%3At@h/x")
        #expect(address.credentials == WebCredentials(user: "me", password: "s@cr:t"))
        #expect(address.description == "https://h/x")
        #expect(!"\(address) \(address.requestText) \(address.origin)".contains("s@cr"))
        #expect(try WebAddress("https://token@h/").credentials == WebCredentials(user: "token", password: ""))
        #expect(try WebAddress("https://h/x@y").credentials == nil)
        #expect(try WebAddress("https://h/x@y").description == "https://h/x@y")
    }

    @Test("not even those of a URL that is none", arguments: ["https://me:s/ecret@h/x", "https://me:secret@h:port/x"])
    func credentialsOfNonsense(text: String) {
        #expect(!WebAddress.withoutCredentials(text).contains("ecret"))
        let error = #expect(throws: (any Error).self) { try WebAddress(text) }
        #expect(!"\(String(describing: error))".contains("ecret"))
    }

    @Test(
        "a redirect is followed from where it stands",
        arguments: [
            ("/y", "http://h:81/y"), ("y", "http://h:81/a/y"), ("../y?z", "http://h:81/y?z"),
            ("?z", "http://h:81/a/b?z"),
            ("//g/y", "http://g/y"), ("https://g/y", "https://g/y"), ("./", "http://h:81/a/"),
            ("../../../y", "http://h:81/y"),
        ])
    func resolves(reference: String, result: String) throws {
        #expect(try WebAddress("http://h:81/a/b?c").resolving(reference).requestText == result)
    }

    @Test("a redirect to another scheme is none", arguments: ["ftp://h/", "file:///etc/passwd", "javascript:x"])
    func refusesSchemes(reference: String) {
        #expect(throws: (any Error).self) { try WebAddress("http://h/").resolving(reference) }
    }

    private func proxy(_ variables: [String: String], _ url: String) throws -> String? {
        try WebProxies { variables[$0] }.proxy(for: WebAddress(url)).map { "\($0.kind) \($0.host) \($0.port)" }
    }

    @Test("proxies come from the environment, in either case")
    func proxies() throws {
        #expect(try proxy(["http_proxy": "http://p:3128"], "http://h/") == "http p 3128")
        #expect(try proxy(["http_proxy": "http://p:3128"], "https://h/") == nil)
        #expect(try proxy(["HTTPS_PROXY": "p:1"], "https://h/") == "http p 1")
        #expect(try proxy(["HTTPS_PROXY": "socks5://p"], "https://h/") == "socks p 1080")
        #expect(try proxy(["http_proxy": "http://p"], "http://h/") == "http p 80")
        #expect(try proxy(["HTTPS_PROXY": "https://p"], "https://h/") == "https p 443")
        #expect(try proxy(["HTTP_PROXY": ""], "http://h/") == nil)
        #expect(try proxy(["HTTP_PROXY": "p:1", "REQUEST_METHOD": "GET"], "http://h/") == nil)
        let error = #expect(throws: (any Error).self) { try proxy(["http_proxy": "ftp://me:secret@p"], "http://h/") }
        #expect(!String(describing: error).contains("secret"))
    }

    @Test(
        "no_proxy lists names, networks and ports",
        arguments: [
            ("*", "h.example", true), ("h.example", "h.example", true), ("example", "h.example", true),
            (".example", "example", false), ("*.example", "h.example", true), ("ample", "h.example", false),
            ("a, 10.0.0.0/8", "10.1.2.3", true), ("10.0.0.0/8", "11.1.2.3", false), ("10.1.2.3", "10.1.2.3", true),
            ("h.example:80", "h.example", true), ("h.example:81", "h.example", false), ("fd00::/8", "[fd00::1]", true),
            ("", "127.0.0.9", true), ("", "localhost", true), ("", "[::1]", true), ("", "h", false),
        ])
    func exceptions(list: String, host: String, isDirect: Bool) throws {
        #expect(try (proxy(["http_proxy": "p", "NO_PROXY": list], "http://\(host)/") == nil) == isDirect)
    }
}
