internal import CYAML

/// Where the lines of the texts in a YAML document stand.
struct ScalarLines {
    private let bytes: UnsafeBufferPointer<UInt8>
    /// Where each line begins. None if the document has line ends that YAML alone counts: shells and editors would number
    /// the lines below them otherwise.
    private let starts: [Int]

    init(of bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
        var starts = [0]
        for (index, byte) in bytes.enumerated() {
            let next = index + 1 < bytes.count ? bytes[index + 1] : 0
            switch byte {
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                if byte == UInt8(ascii: "\n") || next != UInt8(ascii: "\n") { starts.append(index + 1) }
            // U+0085, U+2028 and U+2029.
            case 0xC2 where next == 0x85, 0xE2 where next == 0x80 && Self.isSeparator(at: index + 2, of: bytes):
                self.starts = []
                return
            default: continue
            }
        }
        self.starts = starts
    }

    private static func isSeparator(at index: Int, of bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        index < bytes.count && (bytes[index] == 0xA8 || bytes[index] == 0xA9)
    }

    /// The lines of a block behind `|`, one below the other.
    ///
    /// - Parameters:
    ///   - text: what the block is.
    ///   - start: where it begins, with its anchor and tag.
    /// - Returns: where each line has its first character; none for a block whose `|` is in another line than its start.
    func literal(_ text: String, from start: yaml_mark_t) -> [TextCursor] {
        guard start.line < starts.count, isLiteral(line(start.line).dropFirst(start.column)) else { return [] }
        let breaks = text.utf8.count { $0 == UInt8(ascii: "\n") }
        let last = start.line + (text.utf8.last == UInt8(ascii: "\n") ? breaks : breaks + 1)
        return (start.line + 1..<last + 1).prefix { $0 < starts.count }.map { number in
            TextCursor(line: number + 1, column: line(number).prefix { $0 == " " }.count + 1)
        }
    }

    /// Whether there is a `|` behind anchor and tag, if there are any.
    private func isLiteral(_ header: Substring.UnicodeScalarView) -> Bool {
        var rest = header
        while rest.first == "&" || rest.first == "!" {
            rest = rest.drop { $0 != " " && $0 != "\t" }.drop { $0 == " " || $0 == "\t" }
        }
        return rest.first == "|"
    }

    private func line(_ number: Int) -> Substring.UnicodeScalarView {
        let end = number + 1 < starts.count ? starts[number + 1] : bytes.count
        return String(decoding: bytes[starts[number]..<end], as: UTF8.self)[...].unicodeScalars
    }
}
