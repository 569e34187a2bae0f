/// What lies between two tokens: blanks, comments and line ends.
struct Gap {
    /// A line of its own.
    struct Line {
        /// How many blanks are in front.
        let column: Int
        /// The comment, without the blanks behind it; `nil` in an empty line.
        let comment: [Unicode.Scalar]?
    }

    /// The comment behind what precedes, with the blanks in front of it.
    let trailing: [Unicode.Scalar]?
    /// Whether there is a line end.
    let endsLine: Bool
    /// The lines after the first line end; what is in front of the token is none.
    let lines: [Line]

    /// - Parameter isAtLineStart: whether nothing precedes in the first line.
    init(_ text: ArraySlice<Unicode.Scalar>, isAtLineStart: Bool) {
        var lines = text.lines.map { line in
            let body = line.prefix { !$0.isLineEnd }
            let blanks = body.prefix { $0.isBlank }
            return (blanks: blanks, comment: Array(body.dropFirst(blanks.count)).trimmed, ends: line.count > body.count)
        }
        let endsFirst = lines.first?.ends ?? false
        if isAtLineStart {
            trailing = nil
        } else {
            let first = lines.isEmpty ? nil : lines.removeFirst()
            trailing = first.flatMap { $0.comment.isEmpty ? nil : Array($0.blanks) + $0.comment }
        }
        // Without an end, the last one holds what is in front of a token, or a comment at the end of the file.
        if let last = lines.last, !last.ends, last.comment.isEmpty { lines.removeLast() }
        self.lines = lines.map { Line(column: $0.blanks.count, comment: $0.comment.isEmpty ? nil : $0.comment) }
        endsLine = isAtLineStart ? !lines.isEmpty : endsFirst
    }
}

extension ArraySlice<Unicode.Scalar> {
    /// The lines, each with its end.
    var lines: [ArraySlice<Unicode.Scalar>] {
        var lines: [ArraySlice<Unicode.Scalar>] = []
        var start = startIndex
        while start < endIndex {
            var end = self[start...].firstIndex { $0.isLineEnd } ?? endIndex
            if end < endIndex {
                let isTwo = self[end] == "\r" && end + 1 < endIndex && self[end + 1] == "\n"
                end += isTwo ? 2 : 1
            }
            lines.append(self[start..<end])
            start = end
        }
        return lines
    }

    var leadingBlanks: Int { prefix { $0 == " " }.count }

    /// A block without the empty lines at its end, unless it wants to keep them.
    ///
    /// - Parameter indentation: that of its text; blanks beyond are text. `nil` if it has none.
    func withoutEmptyEnd(indentation: Int?) -> ArraySlice<Unicode.Scalar> {
        let lines = lines
        if let first = lines.first, first.prefix(while: { $0 != "#" && !$0.isLineEnd }).contains("+") { return self }
        let kept = lines.lastIndex { line in
            let count = line.leadingBlanks
            let isEmpty = line.dropFirst(count).first.map { $0.isLineEnd } ?? true
            return !isEmpty || indentation.map { count > $0 } ?? false
        }
        return lines.isEmpty ? self : self[startIndex..<lines[kept ?? 0].endIndex]
    }
}

extension [Unicode.Scalar] {
    /// Without blanks at its end.
    fileprivate var trimmed: [Unicode.Scalar] {
        Array(self[..<(lastIndex { !$0.isBlank }.map { $0 + 1 } ?? 0)])
    }
}
