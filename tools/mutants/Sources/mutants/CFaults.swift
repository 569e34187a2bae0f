/// Faults of C, found by text: a condition in parentheses, a call that is a statement.
enum CFaults {
    static func collect(from source: [UInt8], numberedFrom first: Int) -> [Mutant] {
        let code = Code(source)
        let found = code.conditions + code.calls
        return found.sorted { ($0.place.lowerBound, $0.place.upperBound) < ($1.place.lowerBound, $1.place.upperBound) }
            .enumerated().map { index, fault in fault.numbered(first + index) }
    }
}

/// A fault that has no number yet.
private struct Fault {
    let kind: String
    let now: String
    let was: String
    let place: Range<Int>
    let before: String
    let behind: String

    func numbered(_ number: Int) -> Mutant {
        let start = before.split(separator: "#", omittingEmptySubsequences: false).joined(separator: String(number))
        return Mutant(
            number: number, kind: kind, was: was, now: now, place: place, scope: place,
            edits: [.wrap(place, before: start, behind: behind)])
    }
}

/// The text of a file, with what is comment or literal blanked, so that each byte has its place.
private struct Code {
    let source: [UInt8]
    private let bare: [UInt8]

    init(_ source: [UInt8]) {
        self.source = source
        bare = Self.blanked(source)
    }

    /// `if (…)` and `while (…)`, each side of `&&` and `||` among them.
    var conditions: [Fault] {
        starts(of: "if (").map { $0 + 3 }.flatMap { faults(in: $0) }
            + starts(of: "while (").map { $0 + 6 }.flatMap { faults(in: $0) }
    }

    private func faults(in opening: Int) -> [Fault] {
        guard let closing = closing(of: opening) else { return [] }
        let inside = opening + 1..<closing
        return sides(of: inside).map { side in
            let text = String(decoding: source[side], as: UTF8.self).split(whereSeparator: \.isWhitespace).joined(
                separator: " ")
            return Fault(
                kind: "negated", now: "!(\(text))", was: text, place: side, before: "(is_mutant(#) != !!(", behind: "))"
            )
        }
    }

    /// What stands between `&&` and `||` outside of parentheses, or all of it.
    private func sides(of range: Range<Int>) -> [Range<Int>] {
        var sides: [Range<Int>] = []
        var start = range.lowerBound
        var depth = 0
        var position = range.lowerBound
        while position < range.upperBound {
            let byte = bare[position]
            if byte == UInt8(ascii: "(") { depth += 1 }
            if byte == UInt8(ascii: ")") { depth -= 1 }
            let pair = byte == UInt8(ascii: "&") || byte == UInt8(ascii: "|")
            if depth == 0, pair, bare[position + 1] == byte {
                sides.append(start..<position)
                position += 1
                start = position + 1
            }
            position += 1
        }
        return sides + [start..<range.upperBound]
    }

    /// Lines that are a call and nothing else.
    var calls: [Fault] {
        var faults: [Fault] = []
        var start = 0
        var isBehindStatement = false
        for line in bare.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            let text = String(decoding: line, as: UTF8.self)
            let words = text.drop { $0 == "\t" }
            let name = words.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
            if text.first == "\t", isBehindStatement, !name.isEmpty, words.dropFirst(name.count).first == "(",
                words.hasSuffix(");"),
                !["if", "while", "for", "switch", "return", "exit", "_exit", "abort"].contains(String(name))
            {
                let place = start + text.utf8.count - words.utf8.count..<start + text.utf8.count
                let was = String(decoding: source[place], as: UTF8.self)
                faults.append(
                    Fault(
                        kind: "dropped", now: "(nothing)", was: was, place: place, before: "{ if (!is_mutant(#)) ",
                        behind: " }"))
            }
            isBehindStatement = words.isEmpty || [";", "{", "}", ")", "else"].contains { words.hasSuffix($0) }
            start += line.count + 1
        }
        return faults
    }

    private func starts(of word: String) -> [Int] {
        let word = Array(word.utf8)
        return bare.indices.filter { index in
            bare[index...].starts(with: word) && (index == 0 || !isLetter(bare[index - 1]))
        }
    }

    private func isLetter(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "_") || UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte
    }

    private func closing(of opening: Int) -> Int? {
        var depth = 0
        for index in bare[opening...].indices {
            if bare[index] == UInt8(ascii: "(") { depth += 1 }
            if bare[index] == UInt8(ascii: ")") { depth -= 1 }
            if depth == 0 { return index }
        }
        return nil
    }

    private static func blanked(_ source: [UInt8]) -> [UInt8] {
        var bare = source
        var end: [UInt8]?
        var index = 0
        while index < bare.count {
            let rest = source[index...]
            if let mark = end {
                if mark.count == 1, rest.first == UInt8(ascii: "\\") {
                    bare[index] = UInt8(ascii: " ")
                    index += 1
                } else if rest.starts(with: mark) {
                    end = nil
                    index += mark.count - 1
                }
            } else if rest.starts(with: "/*".utf8) {
                end = Array("*/".utf8)
            } else if let quote = rest.first, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") {
                end = [quote]
            }
            if index < bare.count, end != nil, bare[index] != UInt8(ascii: "\n") { bare[index] = UInt8(ascii: " ") }
            index += 1
        }
        return bare
    }
}
