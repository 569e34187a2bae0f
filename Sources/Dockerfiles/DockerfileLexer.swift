import Failure
import RecipeText

/// One instruction of a Dockerfile as it stands there: continuations found, comments gone, nothing understood yet.
struct DockerfileStatement: Sendable, Equatable {
    /// The line on which it begins, from 1.
    let line: Int
    /// The instruction's name in capitals.
    let keyword: String
    /// What follows the name: a string for each line, without the escape character that joins it to the next.
    let lines: [String]
    /// The here-documents that it begins, in order.
    var heredocs: [DockerfileHeredoc] = []

    /// What follows the name, as one line.
    var text: String { trimmed(lines.joined()) }
}

/// A here-document of RUN, COPY or ADD.
struct DockerfileHeredoc: Sendable, Equatable {
    /// The word that begins it, as `<<-"EOF"`.
    let word: String
    /// The word that ends it.
    let name: String
    /// Whether the word was quoted, so that nothing in the text is expanded.
    let isQuoted: Bool
    /// Whether tabs at the beginning of lines go: `<<-`.
    let stripsTabs: Bool
    /// The text's lines, as they stand in the file.
    var lines: [String] = []

    /// The text: empty, or ended by a newline.
    var text: String {
        lines.map { "\(stripsTabs ? $0.drop { $0 == "\t" } : $0[...])\n" }.joined()
    }
}

/// Cuts a Dockerfile into statements.
///
/// [Dockerfile reference](https://docs.docker.com/reference/dockerfile/): parser directives, escape character, comments,
/// here-documents.
struct DockerfileLexer {
    /// How messages name the file.
    let file: String
    /// What joins lines, and quotes: "\", or what the directive `escape` says.
    private(set) var escape: Character = "\\"
    private let lines: [String]
    private var next = 0

    init(_ text: String, file: String) throws {
        self.file = file
        var text = text.replacing("\r\n", with: "\n")
        if text.unicodeScalars.first == "\u{FEFF}" { text.unicodeScalars.removeFirst() }
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if let number = lines.firstIndex(where: { $0.utf8.contains(0) }) {
            throw Failure("\(file):\(number + 1): a NUL byte, which no script, argument or value can have")
        }
        try readDirectives()
    }

    /// All statements of the file.
    mutating func statements() throws -> [DockerfileStatement] {
        var statements: [DockerfileStatement] = []
        while let statement = try statement() { statements.append(statement) }
        return statements
    }

    /// Directives are comments of the form `# name=value`, as long as nothing else came before them.
    private mutating func readDirectives() throws {
        for (number, line) in lines.enumerated() {
            let text = trimmed(line)
            guard text.hasPrefix("#"), let equals = text.firstIndex(of: "=") else { return }
            let name = trimmed(String(text[text.index(after: text.startIndex)..<equals])).lowercased()
            let value = trimmed(String(text[text.index(after: equals)...]))
            guard ["escape", "syntax", "check"].contains(name) else { return }
            if name == "escape" {
                guard value == "\\" || value == "`" else {
                    throw Failure("\(file):\(number + 1): the escape character is \\ or `, not \(quoted(value))")
                }
                escape = Character(value)
            }
        }
    }

    private mutating func statement() throws -> DockerfileStatement? {
        while next < lines.count, isBlankOrComment(lines[next]) { next += 1 }
        guard next < lines.count else { return nil }
        let start = next
        var pieces: [String] = []
        var goesOn = true
        while goesOn, next < lines.count {
            let line = lines[next]
            next += 1
            // Within a statement, comments are left out; so are empty lines.
            if !pieces.isEmpty, isBlankOrComment(line) { continue }
            let end = line.lastIndex { $0 != " " && $0 != "\t" }
            goesOn = end.map { line[$0] == escape } ?? false
            if let end, goesOn { pieces.append(String(line[..<end])) } else { pieces.append(line) }
        }
        let first = pieces[0].drop { $0 == " " || $0 == "\t" }
        let keyword = first.prefix { $0 != " " && $0 != "\t" }
        pieces[0] = String(first.dropFirst(keyword.count).drop { $0 == " " || $0 == "\t" })
        var statement = DockerfileStatement(line: start + 1, keyword: keyword.uppercased(), lines: pieces)
        guard ["RUN", "COPY", "ADD"].contains(statement.keyword) else { return statement }
        statement.heredocs = try heredocs(in: statement)
        return statement
    }

    private func isBlankOrComment(_ line: String) -> Bool {
        let text = line.drop { $0 == " " || $0 == "\t" }
        return text.isEmpty || text.hasPrefix("#")
    }

    /// The here-documents that the statement begins, and their lines.
    private mutating func heredocs(in statement: DockerfileStatement) throws -> [DockerfileHeredoc] {
        var heredocs = dockerfileWords(statement.text, escape: escape).compactMap(heredocStart)
        for index in heredocs.indices {
            while true {
                guard next < lines.count else {
                    throw Failure("\(file):\(statement.line): here-document \(heredocs[index].name) has no end")
                }
                let line = lines[next]
                next += 1
                let compared = heredocs[index].stripsTabs ? line.drop { $0 == "\t" } : line[...]
                if compared == heredocs[index].name { break }
                heredocs[index].lines.append(line)
            }
        }
        return heredocs
    }

    /// Whether a word begins a here-document: digits of a descriptor, `<<`, perhaps `-`, and a name.
    private func heredocStart(_ word: String) -> DockerfileHeredoc? {
        let operation = word.drop { $0.isASCII && $0.isNumber }
        guard operation.hasPrefix("<<") else { return nil }
        let stripsTabs = operation.dropFirst(2).hasPrefix("-")
        let written = operation.dropFirst(stripsTabs ? 3 : 2)
        let name = written.filter { $0 != "'" && $0 != "\"" }
        guard !name.isEmpty, name.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" || $0 == "-" || $0 == "." })
        else { return nil }
        return DockerfileHeredoc(
            word: word, name: name, isQuoted: name.count < written.count, stripsTabs: stripsTabs)
    }
}

/// `text` without blanks at its ends.
func trimmed(_ text: String) -> String {
    var text = text[...]
    while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
    while let last = text.last, last == " " || last == "\t" { text.removeLast() }
    return String(text)
}

/// Splits at blanks that are neither quoted nor escaped. Quotes and escapes stay in the words.
func dockerfileWords(_ text: String, escape: Character) -> [String] {
    var words: [String] = []
    var word = ""
    var scanner = QuoteScanner(dockerfile: text, escape: escape)
    while let piece = scanner.next() {
        switch piece {
        case .plain(" ", .bare), .plain("\t", .bare):
            if !word.isEmpty { words.append(word) }
            word = ""
        case .plain(let character, _), .quote(let character): word.append(character)
        case .escaped(let character): word += [escape, character]
        }
    }
    if !word.isEmpty { words.append(word) }
    return words
}
