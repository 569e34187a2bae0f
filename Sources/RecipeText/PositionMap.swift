/// Leads from places in a text after substitution to those in the text that the user wrote.
///
/// Without it, a value with line breaks would shift the line numbers of every later error.
package struct PositionMap: Sendable {
    /// One replaced piece: where it began and ended, after and before.
    package struct Edit: Sendable {
        let start: TextCursor
        let end: TextCursor
        let originalStart: TextCursor
        let originalEnd: TextCursor

        /// Ties the two places of a piece together.
        package init(start: TextCursor, end: TextCursor, originalStart: TextCursor, originalEnd: TextCursor) {
            self.start = start
            self.end = end
            self.originalStart = originalStart
            self.originalEnd = originalEnd
        }
    }

    /// In the order of the text.
    package var edits: [Edit] = []

    /// No piece replaced yet.
    package init() {}

    /// Where `line` and `column` of the new text were in the old one; in the middle of a replaced piece, its start.
    package func origin(line: Int, column: Int, file: String) -> SourcePosition {
        let place = TextCursor(line: line, column: column)
        // The last edit that starts at or before the place.
        var low = 0
        var high = edits.count
        while low < high {
            let middle = (low + high) / 2
            if edits[middle].start <= place { low = middle + 1 } else { high = middle }
        }
        guard low > 0 else { return SourcePosition(file: file, line: line, column: column) }
        let edit = edits[low - 1]
        let origin =
            if place < edit.end {
                edit.originalStart
            } else if place.line == edit.end.line {
                TextCursor(line: edit.originalEnd.line, column: edit.originalEnd.column + column - edit.end.column)
            } else {
                TextCursor(line: edit.originalEnd.line + line - edit.end.line, column: column)
            }
        return SourcePosition(file: file, line: origin.line, column: origin.column)
    }
}

/// A line and a column in UTF-8 text, both from 1; columns count Unicode scalars, as libyaml does.
package struct TextCursor: Sendable, Comparable {
    /// The line, from 1.
    package var line = 1
    /// The column in Unicode scalars, from 1.
    package var column = 1
    private var afterCarriageReturn = false

    /// Names a place.
    package init(line: Int = 1, column: Int = 1) {
        self.line = line
        self.column = column
    }

    /// Moves past `bytes`. LF, CR and CR LF end a line.
    package mutating func advance(over bytes: some Sequence<UInt8>) {
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "\n"):
                if !afterCarriageReturn { line += 1 }
                column = 1
            case UInt8(ascii: "\r"):
                line += 1
                column = 1
            default:
                // Continuation bytes belong to the scalar before.
                if byte & 0xC0 != 0x80 { column += 1 }
            }
            afterCarriageReturn = byte == UInt8(ascii: "\r")
        }
    }

    /// The byte at `line` and `column`, both from 0.
    package static func byte(at line: Int, _ column: Int, in bytes: UnsafeBufferPointer<UInt8>) -> UInt8? {
        var cursor = TextCursor()
        for byte in bytes {
            if cursor.line == line + 1, cursor.column == column + 1 { return byte }
            if cursor.line > line + 1 { return nil }
            cursor.advance(over: CollectionOfOne(byte))
        }
        return nil
    }

    package static func < (left: TextCursor, right: TextCursor) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }

    package static func == (left: TextCursor, right: TextCursor) -> Bool {
        (left.line, left.column) == (right.line, right.column)
    }
}
