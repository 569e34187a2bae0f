import Failure
import RecipeText

/// Expands the words of instructions other than RUN, as a Dockerfile's builder does: quotes go, `$NAME`, `${NAME}`,
/// `${NAME:-word}`, `${NAME:+word}` and `${NAME:?word}` are replaced.
///
/// [Environment replacement](https://docs.docker.com/reference/dockerfile/#environment-replacement)
struct WordExpansion {
    private var scanner: QuoteScanner<Character>
    /// How many `${NAME:-word}` the scanner is in.
    private var depth = 0
    /// How many there may be.
    private static let deepest = 100

    /// - Parameter keepsQuotes: whether quotes are characters like others: in the text of a here-document.
    init(_ word: String, escape: Character, keepsQuotes: Bool = false) {
        scanner = QuoteScanner(dockerfile: word, as: keepsQuotes ? .document : .bare, escape: escape)
    }

    /// Where values come from. One that is only asked whether it is set need not have a text.
    typealias Lookup = (_ name: String, _ needsText: Bool) throws -> Variable

    /// What is known of a variable.
    struct Variable {
        let text: ConvertedText
        /// Whether the Dockerfile gives it a value: for `${NAME-word}` and its like.
        let isSet: Bool
        /// Whether that value is empty.
        let isEmpty: Bool
    }

    /// The word with everything replaced.
    mutating func expanded(_ lookup: Lookup) throws -> ConvertedText { try expanded(until: nil, lookup) }

    private mutating func expanded(until end: Character?, _ lookup: Lookup) throws -> ConvertedText {
        var result = ConvertedText()
        let start = scanner.quoting
        while scanner.quoting != start || scanner.rest.first != end, let piece = scanner.next() {
            switch piece {
            case .plain("$", let quoting) where quoting != .single: result.append(try variable(lookup))
            case .plain(let character, _), .escaped(let character): result.append(String(character))
            case .quote: continue
            }
        }
        if let open = scanner.openQuote { throw Failure("\(open) has no end") }
        return result
    }

    /// After "$".
    private mutating func variable(_ lookup: Lookup) throws -> ConvertedText {
        guard scanner.rest.first == "{" else {
            let name = scanner.takeVariableName()
            return name.isEmpty ? ConvertedText("$") : try lookup(name, true).text
        }
        scanner.rest.removeFirst()
        let name = scanner.takeVariableName()
        guard !name.isEmpty, let next = scanner.rest.popFirst() else {
            throw Failure("\"${\" without a name and \"}\"")
        }
        if next == "}" { return try lookup(name, true).text }
        let colon = next == ":"
        guard let operation = colon ? scanner.rest.popFirst() : next, ["-", "+", "?"].contains(operation) else {
            throw Failure("${\(name)…}: only :-, :+ and :? can be converted")
        }
        let word = try alternative(lookup)
        guard scanner.rest.popFirst() != nil else { throw Failure("\"${\(name)\" without \"}\"") }
        let variable = try lookup(name, false)
        let counts = variable.isSet && !(colon && variable.isEmpty)
        switch operation {
        case "-": return counts ? variable.text : word
        case "+": return counts ? word : ConvertedText()
        default:
            guard counts else { throw Failure("\(name) has no value: \(word.written())") }
            return variable.text
        }
    }

    /// The word before "}", in which quotes begin anew.
    private mutating func alternative(_ lookup: Lookup) throws -> ConvertedText {
        guard depth < Self.deepest else { throw Failure("more than \(Self.deepest) \"${…}\" are within each other") }
        depth += 1
        defer { depth -= 1 }
        let around = scanner.quoting
        if around == .double { scanner.quoting = .bare }
        defer { scanner.quoting = around }
        return try expanded(until: "}", lookup)
    }
}

extension QuoteScanner<Character> {
    /// Reads words of a Dockerfile.
    init(dockerfile text: String, as quoting: Quoting = .bare, escape: Character) {
        self.init(text, as: quoting, escape: escape, escapable: ["\"", "$", escape])
    }

    /// Takes the name of a variable; empty if there is none.
    mutating func takeVariableName() -> String {
        var name = ""
        while let next = rest.first, isVariableCharacter(next, first: name.isEmpty) {
            name.append(next)
            rest.removeFirst()
        }
        return name
    }
}

/// Whether a text is a variable's name.
func isVariableName(_ text: String) -> Bool {
    !text.isEmpty && text.enumerated().allSatisfy { isVariableCharacter($1, first: $0 == 0) }
}

/// Whether a character may stand in a variable's name.
///
/// - Parameter first: at its beginning, where digits can't be.
func isVariableCharacter(_ character: Character, first: Bool) -> Bool {
    character == "_" || (character.isASCII && (character.isLetter || (character.isNumber && !first)))
}
