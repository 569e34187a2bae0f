/// Text of somebody else's as it may stand in a message: on one line and not too long.
///
/// - Parameter limit: how much of it is shown, in Unicode scalars.
package func shown(_ text: some StringProtocol, limit: Int = 200) -> String {
    let result = text.unicodeScalars.prefix(limit).map(\.shown).joined()
    return text.unicodeScalars.count > limit ? result + "…" : result
}

/// The bytes of a path in a tree as they may stand in a message: on one line, whatever they are. The root is "/".
package func shown(path bytes: some Collection<UInt8>) -> String {
    let text = String(decoding: bytes.prefix(500), as: UTF8.self).unicodeScalars.map(\.shown).joined()
    return text.isEmpty ? "/" : bytes.count > 500 ? text + "…" : text
}

/// The same with a slash before it: a path of an image, from its root.
package func shown(fromRoot bytes: some Collection<UInt8>) -> String { bytes.isEmpty ? "/" : "/" + shown(path: bytes) }

/// Text of a recipe as it may stand in a message: quoted, on one line, and not too long.
package func quoted(_ text: some StringProtocol) -> String { "\"\(shown(text, limit: 80))\"" }

extension Unicode.Scalar {
    /// As it may stand in a message: escaped if it would garble it. Those are line breaks and other control characters, and what
    /// nobody sees: marks of writing directions, by which a text reads as another one, and characters without a width.
    package var shown: String { isHidden ? escaped(asASCII: true) : String(self) }

    /// Whether it would garble a text, or is seen by nobody.
    package var isHidden: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
}
