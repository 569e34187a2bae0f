/// Finds the variables in a shell script that are substitutions of the recipe: `$NAME` and `${NAME}`, where the shell
/// would expand them. Other forms, as `${NAME:-word}`, are left to the shell, which has the variable too.
struct ShellReferences {
    /// What a name becomes; `nil` leaves it alone.
    let substitution: (String) -> ConvertedText?
    private var input: [Character] = []
    private var index = 0
    private var result = ConvertedText()
    /// The here-documents that begin after this line.
    private var heredocs: [(name: String, isQuoted: Bool, stripsTabs: Bool)] = []

    init(_ substitution: @escaping (String) -> ConvertedText?) {
        self.substitution = substitution
    }

    mutating func replaced(in script: String) -> ConvertedText {
        input = Array(script)
        index = 0
        result = ConvertedText()
        heredocs = []
        var quote: Character?
        while index < input.count {
            let character = input[index]
            switch character {
            case "\\" where quote != "'": copy(2)
            case "'" where quote != "\"", "\"" where quote != "'":
                quote = quote == nil ? character : nil
                copy(1)
            case "$" where quote != "'": dollar()
            case "<" where quote == nil: redirection()
            case "\n" where quote == nil:
                copy(1)
                for heredoc in heredocs { body(heredoc.name, heredoc.isQuoted, heredoc.stripsTabs) }
                heredocs = []
            default: copy(1)
            }
        }
        return result
    }

    private mutating func copy(_ count: Int) {
        let end = min(input.count, index + count)
        result.append(String(input[index..<end]))
        index = end
    }

    private mutating func dollar() {
        let isBraced = index + 1 < input.count && input[index + 1] == "{"
        let start = index + (isBraced ? 2 : 1)
        var end = start
        while end < input.count, isVariableCharacter(input[end], first: end == start) { end += 1 }
        let isWhole = !isBraced || (end < input.count && input[end] == "}")
        guard end > start, isWhole, let text = substitution(String(input[start..<end])) else { return copy(1) }
        result.append(text)
        index = end + (isBraced ? 1 : 0)
    }

    /// At "<": notes a here-document.
    private mutating func redirection() {
        let rest = input[index...]
        guard rest.starts(with: "<<"), !rest.starts(with: "<<<") else {
            return copy(rest.prefix { $0 == "<" }.count)
        }
        var start = index + 2
        let stripsTabs = start < input.count && input[start] == "-"
        if stripsTabs { start += 1 }
        while start < input.count, input[start] == " " || input[start] == "\t" { start += 1 }
        let word = input[start...].prefix { !" \t\n;&|<>()".contains($0) }
        let name = String(word.filter { !"'\"\\".contains($0) })
        // A shift in arithmetic has no name behind it.
        if name.contains(where: \.isLetter) || name.contains("_") {
            heredocs.append((name, name.count < word.count, stripsTabs))
        }
        copy(start + word.count - index)
    }

    private mutating func body(_ name: String, _ isQuoted: Bool, _ stripsTabs: Bool) {
        while index < input.count {
            let line = input[index...].prefix { $0 != "\n" }
            let isEnd = String(stripsTabs ? line.drop { $0 == "\t" } : line) == name
            let end = line.endIndex
            if isEnd || isQuoted {
                copy(end - index)
            } else {
                while index < end {
                    switch input[index] {
                    case "\\": copy(2)
                    case "$": dollar()
                    default: copy(1)
                    }
                }
            }
            // An escaped newline has been taken with the line before.
            if index == end, index < input.count { copy(1) }
            if isEnd { return }
        }
    }
}
