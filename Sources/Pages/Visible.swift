/// Bytes that somebody else has chosen, the name of a file say, as text in which everything can be seen, and nothing acts.
///
/// What is no UTF-8 is shown as `\xFF`; what a reader can't see, or what moves what others see, as `\u{202E}`: control
/// characters, line feeds, marks of writing directions, characters without a width. A backslash is doubled, so that none of
/// this can be written by whoever chose the bytes.
///
/// - Parameter limit: how many characters are shown; the end of longer text is left out.
package func visible(_ bytes: some Collection<UInt8>, limit: Int = 1000) -> String {
    var text = ""
    var count = 0
    var rest = Array(bytes)[...]
    while !rest.isEmpty {
        guard count < limit else { return text + "…" }
        count += 1
        var input = rest.prefix(4).makeIterator()
        var decoder = UTF8()
        if case .scalarValue(let scalar) = decoder.decode(&input) {
            text.append(visibly: scalar)
            rest = rest.dropFirst(UTF8.width(scalar))
        } else {
            text += "\\x\(rest[rest.startIndex] < 0x10 ? "0" : "")"
            text += String(rest[rest.startIndex], radix: 16, uppercase: true)
            rest = rest.dropFirst()
        }
    }
    return text
}

/// The same of text, whose line feeds and tabs may stay where it has several lines.
///
/// - Parameter isText: whether line feeds, tabs and backslashes stay as they are.
package func visible(_ text: some StringProtocol, isText: Bool, limit: Int = 100_000) -> String {
    guard isText else { return visible(Array(text.utf8), limit: limit) }
    var result = ""
    for scalar in text.unicodeScalars.prefix(limit) {
        if scalar == "\n" || scalar == "\t" || scalar == "\\" {
            result.unicodeScalars.append(scalar)
        } else {
            result.append(visibly: scalar)
        }
    }
    return text.unicodeScalars.count > limit ? result + "…" : result
}

extension String {
    fileprivate mutating func append(visibly scalar: Unicode.Scalar) {
        if scalar == "\\" {
            self += "\\\\"
        } else if scalar.isASCII ? scalar.value < 0x20 || scalar.value == 0x7f : scalar.isUnseen {
            self += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
        } else {
            unicodeScalars.append(scalar)
        }
    }
}

extension Unicode.Scalar {
    /// Whether nobody sees it, or it changes what is seen of others.
    fileprivate var isUnseen: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned: true
        // A space other than the one.
        case .spaceSeparator: true
        default: properties.isDefaultIgnorableCodePoint
        }
    }
}
