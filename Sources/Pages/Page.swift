import OCI

/// One page that is complete in itself: it asks no network, runs no script but its own, and can be read without them.
package struct Page: Sendable {
    private let title: String
    private let body: HTML
    private let style: String
    private let scripts: [String]
    private let data: [(name: String, json: [UInt8])]

    /// Puts a page together.
    ///
    /// - Parameters:
    ///   - title: text.
    ///   - body: what stands in it.
    ///   - style: rules beside those that all pages have.
    ///   - scripts: what runs in it, one after the other when all of the body is there.
    ///   - data: what they read: JSON, in an element of that id.
    package init(
        title: String, body: HTML, style: StaticString = "", scripts: [StaticString] = [],
        data: [(name: String, json: [UInt8])] = []
    ) {
        self.title = title
        self.body = body
        self.style = Style.common + "\(style)"
        self.scripts = scripts.map { "\($0)" }
        self.data = data
    }

    /// The whole document, UTF-8.
    package func text() -> String {
        var text = """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="\(policy)">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <title>\(HTML.escaped(title))</title>
            <style>\(style)</style>
            </head>
            <body>

            """
        text += body.source
        for (name, json) in data {
            text += "<script type=\"application/json\" id=\"\(HTML.escaped(name))\">\(Self.harmless(json))</script>\n"
        }
        for script in scripts { text += "<script>\(script)</script>\n" }
        return text + "</body>\n</html>\n"
    }

    /// Our own style and scripts, by their digests, and nothing else.
    private var policy: String {
        let allowed = scripts.map { " " + Self.source(of: $0) }.joined()
        return "default-src 'none'; style-src \(Self.source(of: style));"
            + " script-src\(allowed.isEmpty ? " 'none'" : allowed); base-uri 'none'; form-action 'none'"
    }

    private static func source(of text: String) -> String { "'sha256-\(base64(Digest(of: text.utf8).bytes))'" }

    /// JSON in which nothing ends a script, or is a line end or a mark of a writing direction to whoever reads the source.
    static func harmless(_ json: [UInt8]) -> String {
        var result = ""
        for scalar in String(decoding: json, as: UTF8.self).unicodeScalars {
            let isPlain = scalar.isASCII ? !"<>&".unicodeScalars.contains(scalar) : !scalar.isFormat
            if isPlain { result.unicodeScalars.append(scalar) } else { result += scalar.inJSON }
        }
        return result
    }
}

extension Unicode.Scalar {
    fileprivate var isFormat: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }

    /// As JSON escapes it in a text, which is the only place in which others than the plain ones can stand.
    fileprivate var inJSON: String {
        UTF16.encode(self).map { unit in
            unit.map {
                let digits = String($0, radix: 16)
                return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }.joined()
        } ?? ""
    }
}

/// Bytes as RFC 4648 has them in text.
private func base64(_ bytes: [UInt8]) -> String {
    let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    var text = ""
    for start in stride(from: 0, to: bytes.count, by: 3) {
        let piece = bytes[start..<min(start + 3, bytes.count)]
        let value = piece.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - piece.count))
        for place in 0..<4 {
            text.append(place <= piece.count ? letters[value >> (18 - 6 * place) & 63] : "=")
        }
    }
    return text
}
