import RecipeText

/// Finds the variables in a shell script that are substitutions of the recipe: `$NAME` and `${NAME}`, where the shell
/// would expand them. Other forms, as `${NAME:-word}`, are left to the shell, which has the variable too.
struct ShellReferences {
    /// What a name becomes; `nil` leaves it alone.
    let substitution: (String) -> ConvertedText?
    private var scanner = QuoteScanner<Character>("")
    private var result = ConvertedText()
    /// The here-documents that begin after this line.
    private var heredocs: [Heredoc] = []

    private struct Heredoc {
        let name: String
        let isQuoted: Bool
        let stripsTabs: Bool
    }

    init(_ substitution: @escaping (String) -> ConvertedText?) {
        self.substitution = substitution
    }

    mutating func replaced(in script: String) -> ConvertedText {
        scanner = QuoteScanner(script)
        result = ConvertedText()
        heredocs = []
        while let piece = scanner.next() { add(piece) }
        return result
    }

    private mutating func add(_ piece: QuoteScanner<Character>.Piece) {
        switch piece {
        case .plain("$", let quoting) where quoting != .single: dollar()
        case .plain("<", .bare): redirection()
        case .plain("\n", .bare):
            result.append("\n")
            for heredoc in heredocs { addText(of: heredoc) }
            heredocs = []
        case .plain(let character, _), .quote(let character): result.append(String(character))
        case .escaped(let character): result.append("\\\(character)")
        }
    }

    /// Adds what comes next as it is, as far as it belongs together.
    @discardableResult
    private mutating func copy(while belongs: (Character) -> Bool) -> ArraySlice<Character> {
        let text = scanner.rest.prefix(while: belongs)
        scanner.rest = scanner.rest[text.endIndex...]
        result.append(String(text))
        return text
    }

    /// After "$".
    private mutating func dollar() {
        let after = scanner.rest
        let isBraced = after.first == "{"
        if isBraced { scanner.rest.removeFirst() }
        let name = scanner.takeVariableName()
        guard !name.isEmpty, !isBraced || scanner.rest.popFirst() == "}", let text = substitution(name) else {
            scanner.rest = after
            return result.append("$")
        }
        result.append(text)
    }

    /// After "<": notes a here-document.
    private mutating func redirection() {
        result.append("<")
        guard copy(while: { $0 == "<" }).count == 1 else { return }
        let stripsTabs = scanner.rest.first == "-"
        if stripsTabs {
            scanner.rest.removeFirst()
            result.append("-")
        }
        copy { $0 == " " || $0 == "\t" }
        let word = copy { !" \t\n;&|<>()".contains($0) }
        let name = String(word.filter { !"'\"\\".contains($0) })
        // A shift in arithmetic has no name behind it.
        if name.contains(where: \.isLetter) || name.contains("_") {
            heredocs.append(Heredoc(name: name, isQuoted: name.count < word.count, stripsTabs: stripsTabs))
        }
    }

    private mutating func addText(of heredoc: Heredoc) {
        scanner.quoting = .document
        defer { scanner.quoting = .bare }
        while !scanner.rest.isEmpty {
            let line = scanner.rest.prefix { $0 != "\n" }
            let isEnd = String(heredoc.stripsTabs ? line.drop { $0 == "\t" } : line) == heredoc.name
            if isEnd || heredoc.isQuoted {
                copy { $0 != "\n" }
            } else {
                while scanner.rest.startIndex < line.endIndex, let piece = scanner.next() { add(piece) }
            }
            // An escaped newline has been taken with the line before.
            if scanner.rest.startIndex == line.endIndex, scanner.rest.popFirst() != nil { result.append("\n") }
            if isEnd { return }
        }
    }
}
