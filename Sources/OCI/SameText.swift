extension StringProtocol {
    /// Whether both have the same bytes. To Swift texts are equal if Unicode calls them the same, as é and e with an accent are;
    /// to all other programs these are two tags.
    package func isSame(as other: some StringProtocol) -> Bool { utf8.elementsEqual(other.utf8) }
}

/// A text as a key, equal to those that have the same bytes.
package struct ExactText: Sendable, Hashable {
    /// The text.
    package let text: String

    /// Takes a text.
    package init(_ text: String) { self.text = text }

    /// Whether both have the same bytes.
    package static func == (left: ExactText, right: ExactText) -> Bool { left.text.isSame(as: right.text) }

    /// Agrees with ``==(_:_:)``: texts of the same bytes are equal.
    package func hash(into hasher: inout Hasher) { hasher.combine(text) }
}
