/// What comes before a content, line by line.
struct ResponseHead {
    private var status = 0
    /// Whether a content needs a length, or an end of its own: HTTP/2 has frames.
    private var isHTTP1 = true
    private var fields = HeaderFields()
    private var size = 0
    /// Whether all of it is there. What comes later, behind the content, is not of it.
    private(set) var isComplete = false

    /// No server says so much.
    private static let limit = 1 << 20

    /// Takes a line with its end; also one that stands behind the content, of which nothing is kept.
    ///
    /// [RFC 9112, section 4](https://www.rfc-editor.org/rfc/rfc9112#section-4)
    mutating func add(_ bytes: UnsafeRawBufferPointer) throws {
        size += bytes.count
        guard size <= Self.limit else { throw WebError.answer("the server's answer has a header without an end") }
        guard !isComplete else { return }
        let line = String(decoding: bytes, as: UTF8.self).trimmed
        if line.hasPrefix("HTTP/") {
            // What was there was of an interim answer, such as 100 Continue.
            let parts = line.split(separator: " ", maxSplits: 2)
            fields = HeaderFields()
            status = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
            isHTTP1 = line.hasPrefix("HTTP/1")
        } else if line.isEmpty {
            // Nobody has asked for another protocol, and libcurl would ask again.
            if status == 101 { throw WebError.status(status, WebResponse.reasons[status] ?? "") }
            isComplete = status >= 200
            if isComplete { try checkFraming() }
        } else if let colon = line.firstIndex(of: ":") {
            fields.add(String(line[..<colon]), line[line.index(after: colon)...].trimmed)
        }
    }

    /// Whether a cut would show.
    var tellsEnd: Bool {
        let hasNone = status < 200 || status == 204 || status == 304
        return hasNone || !isHTTP1 || !fields.values("content-length").isEmpty
            || !fields.values("transfer-encoding").isEmpty
    }

    /// What says where the content ends must say one thing: libcurl goes by the beginning of what is none.
    private func checkFraming() throws {
        let lengths = fields.values("content-length")
        let codings = fields.values("transfer-encoding")
        let isNumber = lengths.allSatisfy { Int64($0) != nil && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }
        guard isNumber, Set(lengths).count <= 1, lengths.isEmpty || codings.isEmpty else {
            throw WebError.answer("the server's answer is not HTTP: it has no one length")
        }
        guard codings.allSatisfy({ $0.lowercased() == "chunked" }) else {
            throw WebError.answer("the server's answer has a Transfer-Encoding that it was not asked for")
        }
    }

    func response(from address: WebAddress) -> WebResponse {
        WebResponse(status: status, address: address, fields: fields)
    }
}

/// What a header says, in its order. Names are compared without case.
struct HeaderFields: Sendable {
    private var all: [(name: String, value: String)] = []

    mutating func add(_ name: String, _ value: String) { all.append((name.lowercased(), value)) }

    /// All values of one that may stand more than once.
    func values(_ name: String) -> [String] {
        let name = name.lowercased()
        return all.filter { $0.name == name }.map(\.value)
    }
}

extension StringProtocol {
    /// Without spaces, tabs and line ends on both sides.
    fileprivate var trimmed: String {
        func isSpace(_ byte: UInt8) -> Bool { " \t\r\n".utf8.contains(byte) }
        let rest = Array(utf8.drop(while: isSpace))
        let count = rest.lastIndex { !isSpace($0) }.map { $0 + 1 } ?? 0
        return String(decoding: rest[..<count], as: UTF8.self)
    }
}
