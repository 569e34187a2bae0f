import Failure

/// Splits `text` into words as a POSIX shell does, without expanding anything: blanks divide, `'…'` is literal, `"…"`
/// and `\` quote, and `#` at the start of a word begins a comment.
///
/// [POSIX, 2.2 Quoting](https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_02)
///
/// - Throws: `Failure` that names the quote without an end.
package func shellWords(_ text: String) throws -> [String] {
    var words: [String] = []
    var word: String.UnicodeScalarView?
    var rest = text.unicodeScalars[...]

    func unterminated(_ what: String) -> Failure {
        Failure("\(what) without an end in \(quoted(text))")
    }

    while let scalar = rest.popFirst() {
        switch scalar {
        case " ", "\t", "\n", "\r":
            if let finished = word { words.append(String(finished)) }
            word = nil
        case "#" where word == nil:
            rest = rest.drop { $0 != "\n" }
        case "\\":
            guard let next = rest.popFirst() else { throw unterminated("a backslash") }
            if next == "\n" { continue }
            if word == nil { word = .init() }
            word?.append(next)
        case "'":
            guard let end = rest.firstIndex(of: "'") else { throw unterminated("a single quote") }
            word = word ?? .init()
            word?.append(contentsOf: rest[..<end])
            rest = rest[rest.index(after: end)...]
        case "\"":
            word = word ?? .init()
            var isClosed = false
            while !isClosed {
                guard let next = rest.popFirst() else { throw unterminated("a double quote") }
                if next == "\"" {
                    isClosed = true
                } else if next == "\\", let escaped = rest.first, ["$", "`", "\"", "\\", "\n"].contains(escaped) {
                    rest.removeFirst()
                    if escaped != "\n" { word?.append(escaped) }
                } else {
                    word?.append(next)
                }
            }
        default:
            if word == nil { word = .init() }
            word?.append(scalar)
        }
    }
    if let word { words.append(String(word)) }
    return words
}
