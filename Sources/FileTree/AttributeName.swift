import Failure

/// The name of an extended attribute with its namespace, as `user.mime_type`: bytes, which need not be UTF-8.
package struct AttributeName: Sendable, Hashable {
    /// The bytes, of which none is NUL.
    package let bytes: [UInt8]

    /// Takes bytes, of which none may be NUL.
    package init(_ bytes: some Sequence<UInt8>) {
        self.bytes = Array(bytes)
    }

    /// Whether it begins with these bytes, as those of a namespace are.
    package func hasPrefix(_ prefix: String) -> Bool { bytes.starts(with: prefix.utf8) }

    /// Whether it ends with these bytes.
    package func hasSuffix(_ suffix: String) -> Bool { bytes.reversed().starts(with: suffix.utf8.reversed()) }

    /// Runs `body` with the name as a C string.
    package func withCString<Result>(_ body: (UnsafePointer<CChar>) throws -> Result) rethrows -> Result {
        try (bytes + [0]).withUnsafeBufferPointer { buffer in
            try buffer.withMemoryRebound(to: CChar.self) { characters in
                guard let base = characters.baseAddress else { return try "".withCString(body) }
                return try body(base)
            }
        }
    }
}

extension AttributeName: ExpressibleByStringInterpolation {
    /// The name that a text is.
    package init(stringLiteral text: String) {
        self.init(text.utf8)
    }
}

extension AttributeName: Comparable {
    /// Orders by bytes.
    package static func < (left: AttributeName, right: AttributeName) -> Bool {
        left.bytes.lexicographicallyPrecedes(right.bytes)
    }
}

extension AttributeName: CustomStringConvertible {
    /// The name as it can stand in a message: one line, with escapes for what is no printable text.
    package var description: String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            return bytes.map { byte in
                (0x20..<0x7f).contains(byte) ? String(UnicodeScalar(byte)) : "\\x" + String(byte, radix: 16)
            }.joined()
        }
        return text.unicodeScalars.map(\.shown).joined()
    }
}
