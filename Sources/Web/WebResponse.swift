import Glibc

/// What a server says before the content.
package struct WebResponse: Sendable {
    /// The status code.
    package let status: Int
    /// The words that go with it, not the server's own: those could say anything, and HTTP/2 has none.
    package var reason: String { Self.reasons[status] ?? "" }
    /// Where it came from, after redirects.
    package let address: WebAddress
    /// [RFC 9110, section 15](https://www.rfc-editor.org/rfc/rfc9110#section-15), as far as it is met.
    static let reasons = [
        101: "Switching Protocols", 200: "OK", 201: "Created", 202: "Accepted",
        203: "Non-Authoritative Information", 204: "No Content", 205: "Reset Content", 206: "Partial Content",
        300: "Multiple Choices", 301: "Moved Permanently", 302: "Found", 303: "See Other", 304: "Not Modified",
        307: "Temporary Redirect", 308: "Permanent Redirect", 400: "Bad Request", 401: "Unauthorized",
        402: "Payment Required", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
        406: "Not Acceptable", 407: "Proxy Authentication Required", 408: "Request Timeout", 409: "Conflict",
        410: "Gone", 411: "Length Required", 412: "Precondition Failed", 413: "Content Too Large",
        414: "URI Too Long", 415: "Unsupported Media Type", 416: "Range Not Satisfiable", 421: "Misdirected Request",
        422: "Unprocessable Content", 425: "Too Early", 426: "Upgrade Required", 428: "Precondition Required",
        429: "Too Many Requests", 431: "Request Header Fields Too Large", 451: "Unavailable For Legal Reasons",
        500: "Internal Server Error", 501: "Not Implemented", 502: "Bad Gateway", 503: "Service Unavailable",
        504: "Gateway Timeout", 505: "HTTP Version Not Supported", 507: "Insufficient Storage",
        511: "Network Authentication Required",
    ]

    let fields: HeaderFields

    /// The value of a header; names are compared without case. `nil` for one that is missing or empty.
    package subscript(_ name: String) -> String? {
        values(name).first.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// All values of a header that may stand more than once.
    package func values(_ name: String) -> [String] { fields.values(name) }

    /// `Content-Length`: bytes of the content, of a HEAD too.
    package var contentLength: Int64? { self["Content-Length"].flatMap { Int64($0) } }

    /// Whether the server has what was asked for.
    package var isSuccess: Bool { (200..<300).contains(status) }

    /// Whether a GET has brought all of what was asked for, or a HEAD speaks of all of it. A part (206), nothing (204), a
    /// promise (202) are successes, too, and not that.
    package var isWhole: Bool { status == 200 || status == 203 }

    /// Takes an answer that brings all of it.
    ///
    /// - Throws: ``WebError`` for any other.
    @discardableResult
    package func requireWhole() throws -> WebResponse {
        let error = WebError.status(status, reason)
        guard isSuccess else { throw error }
        guard isWhole else { throw WebError.answer("\(error), which does not bring all of it") }
        return self
    }

    /// `Retry-After`, seconds or a time: how long the server wants to be left alone. What the time is, is the server's
    /// business too, if it says so.
    var retryAfter: Duration? {
        guard let text = self["Retry-After"] else { return nil }
        if let seconds = UInt32(text) { return .seconds(Int64(seconds)) }
        guard let end = HTTPDate(text) else { return nil }
        let now = self["Date"].flatMap { HTTPDate($0)?.seconds } ?? Int64(time(nil))
        return .seconds(max(0, end.seconds - now))
    }

    /// Where a redirect leads.
    var redirect: String? {
        [301, 302, 303, 307, 308].contains(status) ? self["Location"] : nil
    }
}
