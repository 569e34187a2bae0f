/// One way in that a server offers: an entry of `WWW-Authenticate`.
///
/// [RFC 9110, section 11.6.1](https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1)
package struct Challenge: Sendable, Equatable {
    /// `basic`, `bearer`: in lower case.
    package var scheme: String
    /// By name in lower case.
    package var parameters: [String: String] = [:]

    /// Reads the values of the header; each may hold several challenges. What is malformed ends the reading.
    package static func all(in values: [String]) -> [Challenge] {
        values.flatMap { value in
            // A server's text: no more of it is looked at than any real one has.
            var reader = ChallengeReader(Array(value.utf8.prefix(16 << 10)))
            return reader.read()
        }
    }
}

/// One pass over a header from left to right.
private struct ChallengeReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) {
        rest = bytes[...]
    }

    mutating func read() -> [Challenge] {
        var challenges: [Challenge] = []
        while true {
            skip { $0 == UInt8(ascii: ",") || Self.isSpace($0) }
            let word = token()
            if word.isEmpty { return challenges }
            skip(Self.isSpace)
            if rest.first == UInt8(ascii: "="), !challenges.isEmpty {
                rest.removeFirst()
                skip(Self.isSpace)
                guard let value = value() else { return challenges }
                challenges[challenges.count - 1].parameters[word.lowercased()] = value
            } else {
                challenges.append(Challenge(scheme: word.lowercased()))
            }
        }
    }

    private mutating func value() -> String? {
        guard rest.first == UInt8(ascii: "\"") else { return token() }
        rest.removeFirst()
        var bytes: [UInt8] = []
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: bytes, as: UTF8.self)
            case UInt8(ascii: "\\"): if let next = rest.popFirst() { bytes.append(next) }
            default: bytes.append(byte)
            }
        }
        return nil
    }

    private mutating func token() -> String {
        let bytes = rest.prefix { !Self.isSpace($0) && !"=,\"".utf8.contains($0) }
        rest = rest.dropFirst(bytes.count)
        return String(decoding: bytes, as: UTF8.self)
    }

    private mutating func skip(_ isSkipped: (UInt8) -> Bool) {
        rest = rest.drop(while: isSkipped)
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
}
