/// Text of somebody else's as it may stand in a message: on one line and not too long.
///
/// - Parameter limit: how much of it is shown, in Unicode scalars.
package func shown(_ text: some StringProtocol, limit: Int = 200) -> String {
    var result = ""
    for scalar in text.unicodeScalars.prefix(limit) {
        // Line breaks and other control characters would garble the message; all else stays as written.
        result += scalar.properties.generalCategory == .control ? scalar.escaped(asASCII: true) : String(scalar)
    }
    return text.unicodeScalars.count > limit ? result + "…" : result
}

/// The bytes of a path in a tree as they may stand in a message: on one line, whatever they are. The root is "/".
package func shown(path bytes: some Collection<UInt8>) -> String {
    var text = ""
    for scalar in String(decoding: bytes.prefix(500), as: UTF8.self).unicodeScalars {
        if scalar.value < 0x20 || (0x7f..<0xa0).contains(scalar.value) {
            text += scalar.escaped(asASCII: true)
        } else {
            text.unicodeScalars.append(scalar)
        }
    }
    return text.isEmpty ? "/" : bytes.count > 500 ? text + "…" : text
}

/// Text of a recipe as it may stand in a message: quoted, on one line, and not too long.
package func quoted(_ text: some StringProtocol) -> String { "\"\(shown(text, limit: 80))\"" }
