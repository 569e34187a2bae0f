/// Reads a text as a POSIX shell does, and says what is quoted: `'…'` is literal, in `"…"` some characters keep their
/// meaning, and the escape character quotes the one after it. Nothing is expanded, and nothing is an error.
///
/// The elements are characters, or scalars, of which a character may have several.
///
/// [POSIX, 2.2 Quoting](https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_02)
package struct QuoteScanner<Element: Hashable & Sendable & ExpressibleByUnicodeScalarLiteral>: Sendable {
    /// What a place in the text is within.
    package enum Quoting: Sendable {
        case bare, single, double
        /// The text of a here-document: as within double quotes, but that quotes are characters like others.
        case document
    }

    /// What has been read.
    package enum Piece {
        /// A character that stands there by itself.
        case plain(Element, Quoting)
        /// One that the escape character before it quotes.
        case escaped(Element)
        /// The beginning or end of what is quoted.
        case quote(Element)
    }

    /// What has not been read yet.
    package var rest: ArraySlice<Element>
    /// What the next character is within.
    package var quoting: Quoting
    private let escape: Element
    private let escapable: Set<Element>

    /// - Parameter escapable: what can be escaped within double quotes. Elsewhere, all can.
    package init(
        _ text: some Sequence<Element>, as quoting: Quoting = .bare, escape: Element = "\\",
        escapable: Set<Element> = ["$", "`", "\"", "\\", "\n"]
    ) {
        rest = Array(text)[...]
        self.quoting = quoting
        self.escape = escape
        self.escapable = escapable
    }

    /// The next piece; `nil` at the end. An escape character that quotes nothing is plain.
    package mutating func next() -> Piece? {
        guard let element = rest.popFirst() else { return nil }
        if element == escape, let next = rest.first, canEscape(next) {
            rest.removeFirst()
            return .escaped(next)
        }
        switch (quoting, element) {
        case (.bare, "'"): quoting = .single
        case (.bare, "\""): quoting = .double
        case (.single, "'"), (.double, "\""): quoting = .bare
        default: return .plain(element, quoting)
        }
        return .quote(element)
    }

    private func canEscape(_ element: Element) -> Bool {
        switch quoting {
        case .bare: true
        case .single: false
        case .double: escapable.contains(element)
        case .document: element != "\"" && escapable.contains(element)
        }
    }

    /// What kind of quote has no end yet, in words.
    package var openQuote: String? {
        switch quoting {
        case .single: "a single quote"
        case .double: "a double quote"
        case .bare, .document: nil
        }
    }
}
