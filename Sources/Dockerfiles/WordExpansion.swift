import Failure

/// Expands the words of instructions other than RUN, as a Dockerfile's builder does: quotes go, `$NAME`, `${NAME}`,
/// `${NAME:-word}`, `${NAME:+word}` and `${NAME:?word}` are replaced.
///
/// [Environment replacement](https://docs.docker.com/reference/dockerfile/#environment-replacement)
struct WordExpansion {
    let escape: Character
    /// Whether quotes are characters like others: in the text of a here-document.
    var keepsQuotes = false
    private var input: [Character] = []
    private var index = 0

    init(escape: Character, keepsQuotes: Bool = false) {
        self.escape = escape
        self.keepsQuotes = keepsQuotes
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

    mutating func expand(_ word: String, _ lookup: Lookup) throws -> ConvertedText {
        input = Array(word)
        index = 0
        return try expand(until: nil, lookup)
    }

    private mutating func expand(until end: Character?, _ lookup: Lookup) throws -> ConvertedText {
        var result = ConvertedText()
        while index < input.count, input[index] != end {
            let character = input[index]
            index += 1
            switch character {
            case "'" where !keepsQuotes:
                while index < input.count, input[index] != "'" { result.append(String(take())) }
                guard index < input.count else { throw Failure("a single quote has no end") }
                index += 1
            case "\"" where !keepsQuotes: result.append(try doubleQuoted(lookup))
            case "$": result.append(try variable(lookup))
            case escape:
                if index == input.count {
                    result.append(String(character))
                } else if keepsQuotes, input[index] != "$", input[index] != escape {
                    result.append(String(character))
                } else {
                    result.append(String(take()))
                }
            default: result.append(String(character))
            }
        }
        return result
    }

    private mutating func doubleQuoted(_ lookup: Lookup) throws -> ConvertedText {
        var result = ConvertedText()
        while index < input.count {
            let character = take()
            if character == "\"" { return result }
            if character == "$" {
                result.append(try variable(lookup))
            } else if character == escape, index < input.count, ["\"", "$", escape].contains(input[index]) {
                result.append(String(take()))
            } else {
                result.append(String(character))
            }
        }
        throw Failure("a double quote has no end")
    }

    private mutating func take() -> Character {
        index += 1
        return input[index - 1]
    }

    /// After "$".
    private mutating func variable(_ lookup: Lookup) throws -> ConvertedText {
        guard index < input.count, input[index] == "{" else {
            let name = takeName()
            return name.isEmpty ? ConvertedText("$") : try lookup(name, true).text
        }
        index += 1
        let name = takeName()
        guard !name.isEmpty, index < input.count else { throw Failure("\"${\" without a name and \"}\"") }
        if input[index] == "}" {
            index += 1
            return try lookup(name, true).text
        }
        let colon = input[index] == ":"
        if colon { index += 1 }
        guard index < input.count, ["-", "+", "?"].contains(input[index]) else {
            throw Failure("${\(name)…}: only :-, :+ and :? can be converted")
        }
        let operation = take()
        let word = try expand(until: "}", lookup)
        guard index < input.count else { throw Failure("\"${\(name)\" without \"}\"") }
        index += 1
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

    private mutating func takeName() -> String {
        var name = ""
        while index < input.count, isVariableCharacter(input[index], first: name.isEmpty) { name.append(take()) }
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
