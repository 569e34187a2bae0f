/// Text of somebody else's as it may stand in a message: on one line and not too long.
///
/// - Parameter limit: how much of it is shown, in Unicode scalars.
package func shown(_ text: some StringProtocol, limit: Int = 200) -> String {
    var result = ""
    for scalar in text.unicodeScalars.prefix(limit) {
        // Line breaks and other control characters would garble the message; all else stays as written.
        result += scalar.properties.generalCategory == .control ? scalar.escaped(asASCII: false) : String(scalar)
    }
    return text.unicodeScalars.count > limit ? result + "…" : result
}

/// Text of a recipe as it may stand in a message: quoted, on one line, and not too long.
package func quoted(_ text: some StringProtocol) -> String { "\"\(shown(text, limit: 80))\"" }
