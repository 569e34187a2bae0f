import RecipeText

/// The commands of a script, as far as they can be seen without running it: which words, in which pipes, in which line.
/// What quotes and `$(…)` hold is part of a word, the text of a here-document of none.
struct ShellScript {
    /// A command and its words.
    struct Command {
        /// The words, without quotes; assignments in front are not among them.
        var words: [String] = []
        /// Files that its output goes to.
        var outputs: [String] = []
        /// Its line in the script, from 0.
        var line = 0

        /// What is run: the first word, without its directory, behind words that run others.
        var name: String? { arguments.first.map { String($0.split(separator: "/").last ?? "") } }

        /// The words from that one on.
        var arguments: ArraySlice<String> {
            words.drop { ["exec", "command", "env", "nice", "time", "sudo"].contains($0) || $0.isAssignment }
        }

        /// Whether a flag is among the words: a long one, or a letter among short ones.
        func has(_ flags: String...) -> Bool {
            arguments.dropFirst().contains { word in
                flags.contains { flag in
                    word == flag || word.hasPrefix(flag + "=")
                        || flag.count == 2 && word.hasPrefix("-") && !word.hasPrefix("--")
                            && word.contains(flag.dropFirst())
                }
            }
        }

        /// The words that are no flags.
        var operands: [String] { arguments.dropFirst().filter { !$0.hasPrefix("-") } }
    }

    /// Commands that a pipe connects.
    struct Pipeline {
        var commands: [Command]
        /// Whether something is decided by how it ends.
        var isCondition: Bool
    }

    private(set) var pipelines: [Pipeline] = []

    var commands: [Command] { pipelines.flatMap(\.commands) }

    private enum Target { case word, output, input, document }

    private var scanner: QuoteScanner<Unicode.Scalar>
    private var line = 0
    private var word: String?
    private var target = Target.word
    private var command = Command()
    private var pipe: [Command] = []
    private var isCondition = false
    private var isPipeOpen = false
    private var documents: [String] = []
    private var isInPattern = false

    init(_ text: String) {
        scanner = QuoteScanner(text.unicodeScalars)
        while let piece = scanner.next() { take(piece) }
        endPipeline()
    }

    private mutating func take(_ piece: QuoteScanner<Unicode.Scalar>.Piece) {
        switch piece {
        case .escaped("\n"): line += 1
        case .quote: word = word ?? ""
        case .escaped(let scalar): append(scalar)
        case .plain(let scalar, .bare): takeBare(scalar)
        case .plain(let scalar, _):
            if scalar == "\n" { line += 1 }
            append(scalar)
        }
    }

    private mutating func takeBare(_ scalar: Unicode.Scalar) {
        switch scalar {
        case " ", "\t", "\r": endWord()
        case "\n":
            // Behind "|" the next line goes on.
            if !isPipeOpen || word != nil || !command.words.isEmpty { endPipeline() }
            line += 1
            skipDocuments()
        case "#" where word == nil: scanner.rest = scanner.rest.drop { $0 != "\n" }
        case "$" where scanner.rest.first == "(" || scanner.rest.first == "{":
            append(scalar)
            appendNested()
        case "`":
            append(scalar)
            while let next = scanner.rest.popFirst() {
                if next == "\n" { line += 1 }
                append(next)
                if next == "`" { break }
            }
        case ";":
            if scanner.rest.first == ";" {
                scanner.rest.removeFirst()
                endPipeline()
                isInPattern = true
            } else {
                endPipeline()
            }
        case ")" where isInPattern:
            word = nil
            command = Command()
            isInPattern = false
        case "|" where isInPattern: append(scalar)
        case "|":
            if scanner.rest.first == "|" {
                scanner.rest.removeFirst()
                endPipeline(decides: true)
            } else {
                if scanner.rest.first == "&" { scanner.rest.removeFirst() }
                endCommand()
                isPipeOpen = true
            }
        case "&":
            if scanner.rest.first == "&" {
                scanner.rest.removeFirst()
                // What is in front of && may fail, as in a condition.
                endPipeline(decides: true)
            } else if scanner.rest.first == ">" || target != .word {
                append(scalar)
            } else {
                endPipeline()
            }
        case "(", ")": endPipeline()
        case ">", "<": redirect(scalar)
        default: append(scalar)
        }
    }

    private mutating func append(_ scalar: Unicode.Scalar) {
        word = word ?? ""
        word?.unicodeScalars.append(scalar)
    }

    /// `$(…)` or `${…}`, with all that is in it.
    private mutating func appendNested() {
        var depth = 0
        while let next = scanner.rest.popFirst() {
            if next == "\n" { line += 1 }
            append(next)
            if next == "(" || next == "{" { depth += 1 }
            if next == ")" || next == "}" { depth -= 1 }
            if depth <= 0 { return }
        }
    }

    private mutating func redirect(_ scalar: Unicode.Scalar) {
        if let word, word.allSatisfy(\.isNumber) || word == "&" { self.word = nil }
        endWord()
        target = scalar == ">" ? .output : .input
        if scalar == ">" {
            while scanner.rest.first == ">" || scanner.rest.first == "|" { scanner.rest.removeFirst() }
        } else if scanner.rest.first == "<" {
            scanner.rest.removeFirst()
            if scanner.rest.first == "<" {
                scanner.rest.removeFirst()
            } else {
                if scanner.rest.first == "-" { scanner.rest.removeFirst() }
                target = .document
            }
        }
    }

    private mutating func endWord() {
        guard let word else { return }
        self.word = nil
        switch target {
        case .word:
            if command.words.isEmpty { command.line = line }
            if command.words.isEmpty, Self.isKeyword(word) {
                if Self.conditions.contains(word) { isCondition = true }
            } else {
                command.words.append(word)
                if word == "in", command.words.first == "case" {
                    command = Command()
                    isInPattern = true
                } else if command.words == ["esac"] {
                    command = Command()
                    isInPattern = false
                }
            }
        case .output: if !word.hasPrefix("&") { command.outputs.append(word) }
        case .document: documents.append(word)
        case .input: break
        }
        target = .word
    }

    private static let conditions: Set<String> = ["if", "elif", "while", "until", "!"]

    private static func isKeyword(_ word: String) -> Bool {
        conditions.contains(word) || ["then", "else", "fi", "do", "done", "{", "}"].contains(word)
    }

    private mutating func endCommand() {
        endWord()
        if !command.words.isEmpty || !command.outputs.isEmpty { pipe.append(command) }
        command = Command()
    }

    private mutating func endPipeline(decides: Bool = false) {
        endCommand()
        if !pipe.isEmpty { pipelines.append(Pipeline(commands: pipe, isCondition: isCondition || decides)) }
        pipe = []
        isCondition = false
        isPipeOpen = false
    }

    /// The texts of here-documents begin behind the line that asks for them.
    private mutating func skipDocuments() {
        for end in documents {
            while !scanner.rest.isEmpty {
                let text = scanner.rest.prefix { $0 != "\n" }
                scanner.rest = scanner.rest.dropFirst(text.count + 1)
                line += 1
                var view = String.UnicodeScalarView()
                view.append(contentsOf: text.drop { $0 == "\t" })
                if String(view) == end { break }
            }
        }
        documents = []
    }
}

extension String {
    /// Whether it gives a variable a value.
    var isAssignment: Bool {
        guard let equals = firstIndex(of: "="), equals > startIndex else { return false }
        return self[..<equals].allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
    }
}
