/// Words of others, as a line of progress shows them: nothing in them moves the cursor, or takes more than one column.
///
/// What terminals take for a command (ECMA-48: `ESC [ … m` and its like) is left out; any other character that isn't one of
/// ASCII's printable ones is a question mark.
func plainText(_ text: some Sequence<UInt8>) -> String {
    let text = String(decoding: Array(text), as: UTF8.self).unicodeScalars
    var plain = ""
    var rest = text[...]
    while let scalar = rest.popFirst() {
        if scalar == "\u{1B}", rest.first == "[" {
            // Parameters and intermediate bytes, then one final byte.
            rest = rest.dropFirst().drop { (" "..."?").contains($0) }
            if let end = rest.first, ("@"..."~").contains(end) { rest = rest.dropFirst() }
        } else {
            plain.unicodeScalars.append((" "..."~").contains(scalar) ? scalar : "?")
        }
    }
    return plain
}

extension String {
    /// The text, or what of it has room, with an ellipsis.
    func shortened(to columns: Int) -> String {
        count <= columns ? self : columns < 4 ? String(prefix(max(0, columns))) : "\(prefix(columns - 3))..."
    }

    /// The text with spaces before it.
    func padded(to length: Int) -> String {
        String(repeating: " ", count: max(0, length - count)) + self
    }

    /// The text with spaces after it.
    package func padding(to length: Int) -> String {
        self + String(repeating: " ", count: max(0, length - count))
    }
}
