import FileTree

/// Encodes what a URL must not hold as it is: spaces, control characters, what is beyond ASCII.
func percentEncoded(_ text: String) -> String {
    let bytes = Array(text.utf8)
    return bytes.indices.reduce(into: "") { result, place in
        let isEscape =
            bytes[place] == UInt8(ascii: "%") && place + 2 < bytes.count && isHexDigit(bytes[place + 1])
            && isHexDigit(bytes[place + 2])
        result += encoded(bytes[place], asItIs: isEscape || "/?:@!$&'()*+,;=".utf8.contains(bytes[place]))
    }
}

/// `a=1&b=2` with everything encoded that a query or a form does not carry as it is.
package func formEncoded(_ pairs: [(String, String)]) -> String {
    pairs.map { "\(encodedComponent($0))=\(encodedComponent($1))" }.joined(separator: "&")
}

/// Encodes all that is not certain to mean itself in a part of a query.
private func encodedComponent(_ text: String) -> String {
    text.utf8.reduce(into: "") { $0 += encoded($1) }
}

/// - Parameter asItIs: whether it may stay as it is though it means something in some place of a URL.
private func encoded(_ byte: UInt8, asItIs: Bool = false) -> String {
    if asItIs || isUnreserved(byte) { return String(Unicode.Scalar(byte)) }
    return "%" + byte.hexadecimal.uppercased()
}

/// `nil` if the outcome is no text.
func percentDecoded(_ text: some StringProtocol) -> String? {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
        let digits = rest.prefix(2)
        if byte == UInt8(ascii: "%"), digits.count == 2, digits.allSatisfy(isHexDigit),
            let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
        {
            bytes.append(value)
            rest = rest.dropFirst(2)
        } else {
            bytes.append(byte)
        }
    }
    return String(validating: bytes, as: UTF8.self)
}

func isUnreserved(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
    default: "-._~".utf8.contains(byte)
    }
}

func isHexDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
        UInt8(ascii: "A")...UInt8(ascii: "F"):
        true
    default: false
    }
}
