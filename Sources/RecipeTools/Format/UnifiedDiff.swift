/// Two texts that differ in blanks and line ends only, line by line, as `diff -u` shows them.
package struct UnifiedDiff {
    private enum Line {
        case both(Substring), old(Substring), new(Substring)

        var text: String {
            switch self {
            case .both(let text): " \(text)"
            case .old(let text): "-\(text)"
            case .new(let text): "+\(text)"
            }
        }

        var isChange: Bool { if case .both = self { false } else { true } }
        var isInOld: Bool { if case .new = self { false } else { true } }
        var isInNew: Bool { if case .old = self { false } else { true } }
    }

    /// How many lines around a change are shown.
    private static let context = 3

    private let name: String
    private let lines: [Line]

    /// - Parameter name: the file's, for the head.
    package init(from old: String, to new: String, name: String) {
        self.name = name
        let (old, new) = (Self.split(old), Self.split(new))
        lines = Self.align(old, new)
    }

    /// Goes through both at once, by how many letters are behind: lines face each other where it is the same.
    private static func align(_ old: [Substring], _ new: [Substring]) -> [Line] {
        var lines: [Line] = []
        var (removed, inserted): ([Line], [Line]) = ([], [])
        var (left, right) = (0, 0)
        var lead = 0
        while left < old.count || right < new.count {
            if lead == 0, left < old.count, right < new.count, old[left] == new[right] {
                lines += removed + inserted + [.both(old[left])]
                (removed, inserted) = ([], [])
                left += 1
                right += 1
                continue
            }
            let isOldNext = lead < 0 || lead == 0 && (right == new.count || letters(new[right]) > 0)
            if left < old.count, right == new.count || isOldNext {
                removed.append(.old(old[left]))
                lead += letters(old[left])
                left += 1
            } else {
                inserted.append(.new(new[right]))
                lead -= letters(new[right])
                right += 1
            }
        }
        return lines + removed + inserted
    }

    private static func letters(_ line: Substring) -> Int {
        line.unicodeScalars.count { !$0.isBlank && !$0.isLineEnd }
    }

    /// The lines of a text; what is behind the last line end is one that says so.
    private static func split(_ text: String) -> [Substring] {
        var lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map { Substring($0) }
        if let last = lines.popLast(), !last.isEmpty { lines.append("\(last)\n\\ No newline at end of file") }
        return lines
    }

    /// The diff, without a line end at its end; empty if nothing differs.
    package var text: String {
        let changes = lines.indices.filter { lines[$0].isChange }
        guard !changes.isEmpty else { return "" }
        var result = ["--- \(name)", "+++ \(name)"]
        var shown = (end: 0, old: 0, new: 0)
        var hunk = changes[0]..<changes[0]
        for change in changes + [Int.max] {
            if change != .max, change - hunk.upperBound <= 2 * Self.context {
                hunk = hunk.lowerBound..<(change + 1)
                continue
            }
            let range = max(0, hunk.lowerBound - Self.context)..<min(lines.count, hunk.upperBound + Self.context)
            shown.old += lines[shown.end..<range.lowerBound].count { $0.isInOld }
            shown.new += lines[shown.end..<range.lowerBound].count { $0.isInNew }
            let (old, new) = (lines[range].count { $0.isInOld }, lines[range].count { $0.isInNew })
            result.append("@@ -\(place(shown.old, old)) +\(place(shown.new, new)) @@")
            result += lines[range].map(\.text)
            shown = (range.upperBound, shown.old + old, shown.new + new)
            if change != .max { hunk = change..<(change + 1) }
        }
        return result.joined(separator: "\n")
    }

    private func place(_ before: Int, _ count: Int) -> String { "\(count == 0 ? before : before + 1),\(count)" }
}
