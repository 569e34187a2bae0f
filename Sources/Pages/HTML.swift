/// A piece of HTML. What is written into one by interpolation is text, escaped; only literals of our own source and other pieces
/// stand in it as they are, so that nothing that comes from outside is ever interpreted.
///
/// ```swift
/// let row: HTML = "<td>\(name)</td>\(cells)"
/// ```
package struct HTML: Sendable, Equatable, ExpressibleByStringInterpolation {
    /// The source.
    package private(set) var source: String

    /// A piece of our own source.
    package init(stringLiteral value: StaticString) { source = "\(value)" }

    /// A literal with pieces, and text, in it.
    package init(stringInterpolation: StringInterpolation) { source = stringInterpolation.source }

    /// Nothing.
    package init() { source = "" }

    fileprivate init(source: String) { self.source = source }

    /// Text in a literal: escaped. Pieces: as they are.
    package struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var source = ""

        /// Begins an empty one.
        package init(literalCapacity: Int, interpolationCount: Int) { source.reserveCapacity(literalCapacity) }

        /// A part of our own source.
        package mutating func appendLiteral(_ literal: StaticString) { source += "\(literal)" }

        /// A piece.
        package mutating func appendInterpolation(_ piece: HTML) { source += piece.source }

        /// Pieces, one after the other.
        package mutating func appendInterpolation(_ pieces: some Sequence<HTML>) {
            for piece in pieces { source += piece.source }
        }

        /// Text, in an element or in an attribute between quotes.
        package mutating func appendInterpolation(_ text: String) { source += HTML.escaped(text) }

        /// A number.
        package mutating func appendInterpolation(_ number: some BinaryInteger) { source += "\(number)" }
    }

    /// One after the other.
    package static func + (left: HTML, right: HTML) -> HTML { HTML(source: left.source + right.source) }

    /// Adds a piece at the end.
    package static func += (left: inout HTML, right: HTML) { left.source += right.source }

    /// The one place in which text becomes HTML. Text is made visible by ``visible(_:limit:)`` first: here it only loses
    /// what HTML would understand.
    static func escaped(_ text: String) -> String {
        var result = ""
        result.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

extension Sequence where Element == HTML {
    /// The pieces as one.
    package var joined: HTML { "\(self)" }
}
