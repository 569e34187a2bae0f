/// A text of the recipe that is made: what stands there to the letter, and substitutions.
///
/// The two are kept apart until the recipe is written, since a literal `$NAME` must not become a substitution, nor be
/// taken for a mistyped one.
struct ConvertedText: Sendable, Hashable {
    enum Piece: Sendable, Hashable {
        case literal(String)
        /// `${{NAME}}`
        case reference(String)
    }

    private(set) var pieces: [Piece] = []

    init(_ literal: String = "") {
        append(literal)
    }

    init(_ pieces: [Piece]) {
        for piece in pieces { append(piece) }
    }

    init(reference name: String) {
        pieces = [.reference(name)]
    }

    var isEmpty: Bool { pieces.isEmpty }

    /// The text, if there is no substitution in it.
    var literal: String? {
        switch pieces.count {
        case 0: return ""
        case 1: if case .literal(let text) = pieces[0] { return text }
        default: break
        }
        return nil
    }

    mutating func append(_ literal: String) {
        guard !literal.isEmpty else { return }
        guard case .literal(var text)? = pieces.last else { return pieces.append(.literal(literal)) }
        // Out of the array while it grows, so that it need not be copied: texts are put together by characters.
        pieces.removeLast()
        text += literal
        pieces.append(.literal(text))
    }

    mutating func append(_ other: ConvertedText) {
        for piece in other.pieces { append(piece) }
    }

    private mutating func append(_ piece: Piece) {
        switch piece {
        case .literal(let text): append(text)
        case .reference: pieces.append(piece)
        }
    }

    static func + (left: ConvertedText, right: ConvertedText) -> ConvertedText {
        var result = left
        result.append(right)
        return result
    }

    static func + (left: ConvertedText, right: String) -> ConvertedText { left + ConvertedText(right) }

    static func + (left: String, right: ConvertedText) -> ConvertedText { ConvertedText(left) + right }

    /// The same with its literal parts changed.
    func mapLiterals(_ change: (String) -> String) -> ConvertedText {
        var result = ConvertedText()
        for piece in pieces {
            switch piece {
            case .literal(let text): result.append(change(text))
            case .reference(let name): result.append(ConvertedText(reference: name))
            }
        }
        return result
    }

    /// The text as the recipe has it, a literal part as `literal` writes it.
    func written(_ literal: (String) -> String = { $0 }) -> String {
        pieces.map { piece in
            switch piece {
            case .literal(let text): literal(text)
            case .reference(let name): "${{\(name)}}"
            }
        }.joined()
    }

    /// One word to a shell, which expands nothing in it.
    var shellWord: ConvertedText {
        let isPlain =
            !isEmpty && literal != nil
            && pieces.allSatisfy { piece in
                guard case .literal(let text) = piece else { return false }
                return text.unicodeScalars.allSatisfy {
                    $0.isASCII
                        && ($0.properties.isAlphabetic || ("0"..."9").contains($0)
                            || "_-+./:,@%=".unicodeScalars.contains($0))
                }
            }
        return isPlain ? self : "'" + mapLiterals { $0.replacing("'", with: "'\\''") } + "'"
    }
}
