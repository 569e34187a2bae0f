/// What comes before a content, line by line.
struct ResponseHead {
    private var status = 0
    private var reason = ""
    private var fields: [(name: String, value: String)] = []
    private var size = 0
    /// Whether all of it is there. What comes later, behind the content, is not of it.
    private(set) var isComplete = false

    /// No server says so much.
    private static let limit = 1 << 20

    /// Takes a line with its end.
    ///
    /// [RFC 9112, section 4](https://www.rfc-editor.org/rfc/rfc9112#section-4)
    mutating func add(_ bytes: UnsafeRawBufferPointer) throws {
        guard !isComplete else { return }
        size += bytes.count
        guard size <= Self.limit else { throw WebError.answer("the server's answer has a header without an end") }
        // Names and values are mostly ASCII; a file name in Latin-1 must not cost the rest.
        let line = String(decoding: bytes, as: UTF8.self).trimmed
        if line.hasPrefix("HTTP/") {
            // What was there was of an interim answer, such as 100 Continue.
            let parts = line.split(separator: " ", maxSplits: 2)
            self = ResponseHead(status: parts.count > 1 ? Int(parts[1]) ?? 0 : 0, reason: parts.dropFirst(2).first)
        } else if line.isEmpty {
            isComplete = status >= 200
        } else if let colon = line.firstIndex(of: ":") {
            fields.append((line[..<colon].lowercased(), line[line.index(after: colon)...].trimmed))
        }
    }

    init() {}

    private init(status: Int, reason: Substring?) {
        self.status = status
        self.reason = reason.map(String.init) ?? ""
    }

    func response(from address: WebAddress) throws -> WebResponse {
        WebResponse(status: status, reason: reason, address: address, fields: fields)
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
