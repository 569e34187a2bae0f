/// A file with mutants compiled in, and where each of them got to.
struct Rewriting {
    private(set) var text: [UInt8] = []
    /// Where bytes of the original begin in `text`: by how many they have moved, from an offset on.
    private var moves: [(from: Int, by: Int)] = [(0, 0)]

    init(_ original: [UInt8], with mutants: [Mutant]) {
        var position = 0
        for change in Self.changes(of: mutants) {
            text += original[position..<max(position, change.at)]
            text += Array(change.text.utf8)
            position = max(position, change.at + change.removed)
            moves.append((position, text.count - position))
        }
        text += original[position...]
    }

    /// Where a range of the original is now, with what stands around it.
    func place(of range: Range<Int>) -> Range<Int> {
        let before = moves.last { $0.from < range.lowerBound } ?? (0, 0)
        let behind = moves.last { $0.from <= range.upperBound } ?? (0, 0)
        let start = range.lowerBound + before.by
        return start..<max(start, range.upperBound + behind.by)
    }

    /// One piece of text that goes in. At one offset what ends comes before what begins, and the inner ends first.
    private struct Change {
        let at: Int
        var removed = 0
        let order: (Int, Int, Int)
        let text: String
    }

    private static func changes(of mutants: [Mutant]) -> [Change] {
        var changes: [Change] = []
        for mutant in mutants {
            for edit in mutant.edits {
                switch edit {
                case .wrap(let range, let before, let behind):
                    changes.append(
                        Change(at: range.lowerBound, order: (2, -range.upperBound, mutant.number), text: before))
                    changes.append(
                        Change(at: range.upperBound, order: (0, -range.lowerBound, -mutant.number), text: behind))
                case .replace(let range, let text):
                    changes.append(
                        Change(at: range.lowerBound, removed: range.count, order: (3, 0, mutant.number), text: text))
                case .insert(let offset, let text):
                    changes.append(Change(at: offset, order: (1, 0, mutant.number), text: text))
                }
            }
        }
        return changes.sorted {
            ($0.at, $0.order.0, $0.order.1, $0.order.2) < ($1.at, $1.order.0, $1.order.1, $1.order.2)
        }
    }
}
