import Testing

@testable import Pages

@Suite("pages")
struct PageTests {
    @Test(
        "what cannot be seen is shown, and a backslash can't feign it",
        arguments: [
            (Array("plain ü 漢".utf8), "plain ü 漢"),
            (Array("a\u{202E}b".utf8), "a\\u{202E}b"),
            (Array("a\nb\u{1B}[31m".utf8), "a\\u{A}b\\u{1B}[31m"),
            ([0x61, 0xff, 0xc3, 0x28], "a\\xFF\\xC3("),
            ([0xed, 0xa0, 0x80], "\\xED\\xA0\\x80"),
            (Array("\\u{202E}".utf8), "\\\\u{202E}"),
            (Array("\u{200B}\u{FEFF}\u{A0}\u{E0041}".utf8), "\\u{200B}\\u{FEFF}\\u{A0}\\u{E0041}"),
        ])
    func names(bytes: [UInt8], expected: String) {
        #expect(visible(bytes) == expected)
    }

    @Test("a long name is cut off")
    func long() {
        #expect(visible(Array(repeating: 0x61, count: 20), limit: 4) == "aaaa…")
    }

    @Test("text of several lines keeps them")
    func lines() {
        #expect(visible("a\n\tb\\\u{202E}", isText: true) == "a\n\tb\\\\u{202E}")
    }

    @Test("what is written into a piece is text, wherever it stands")
    func escapes() {
        let name = "<b title='x'>\"&amp;"
        let piece: HTML = "<i title=\"\(name)\">\(name)</i>"
        let escaped = "&lt;b title=&#39;x&#39;&gt;&quot;&amp;amp;"
        #expect(piece.source == "<i title=\"\(escaped)\">\(escaped)</i>")
    }

    @Test("data end no script, and are no marks to who reads the source")
    func data() {
        let json = Array("[\"</script><!--\u{2028}\u{202E}\u{E0041}é\"]".utf8)
        #expect(
            Page.harmless(json)
                == "[\"\\u003c/script\\u003e\\u003c!--\\u2028\\u202e\\udb40\\udc41é\"]")
    }

    @Test("a page allows its own style and scripts, and nothing else")
    func policy() {
        let page = Page(title: "<t>", body: "<p>x</p>", scripts: ["alert(1)"]).text()
        // printf %s 'alert(1)' | openssl dgst -sha256 -binary | base64
        #expect(page.contains("script-src 'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='"))
        #expect(page.contains("default-src 'none'; style-src 'sha256-"))
        #expect(page.contains("<title>&lt;t&gt;</title>"))
        #expect(!page.contains("http:") && !page.contains("https:"))
    }
}
