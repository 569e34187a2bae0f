import Failure

/// Splits `text` into words as a POSIX shell does, without expanding anything: blanks divide, `'…'`, `"…"` and `\`
/// quote, and `#` at the start of a word begins a comment.
///
/// - Throws: `Failure` that names the quote without an end.
package func shellWords(_ text: String) throws -> [String] {
    var words: [String] = []
    var word: String.UnicodeScalarView?
    var scanner = QuoteScanner(text.unicodeScalars)

    func unterminated(_ what: String) -> Failure {
        Failure("\(what) without an end in \(quoted(text))")
    }

    while let piece = scanner.next() {
        switch piece {
        case .plain(" ", .bare), .plain("\t", .bare), .plain("\n", .bare), .plain("\r", .bare):
            if let finished = word { words.append(String(finished)) }
            word = nil
        case .plain("#", .bare) where word == nil: scanner.rest = scanner.rest.drop { $0 != "\n" }
        case .plain("\\", .bare): throw unterminated("a backslash")
        case .escaped("\n"): continue
        case .quote: word = word ?? .init()
        case .plain(let scalar, _), .escaped(let scalar):
            if word == nil { word = .init() }
            word?.append(scalar)
        }
    }
    if let open = scanner.openQuote { throw unterminated(open) }
    if let word { words.append(String(word)) }
    return words
}
