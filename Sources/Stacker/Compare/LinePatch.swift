/// What makes one text of another, line by line, as `diff -u` shows it.
///
/// E. W. Myers, "An O(ND) Difference Algorithm and Its Variations", 1986: the shortest such list. Texts that have less in
/// common than a bound allows are not searched through: what is between their common beginning and end is replaced.
struct LinePatch: Sendable {
    /// The hunks, as they are shown; of a long patch only the first.
    private(set) var lines: [Line] = []
    /// Lines that are left out.
    private(set) var leftOut = 0
    /// What is only in A, and only in B, in order.
    private(set) var removed: [[UInt8]] = []
    private(set) var added: [[UInt8]] = []

    /// What is only in A, and only in B, without the lines that are both: those stand elsewhere. Blank ones are no lines here.
    var withoutMoved: BothSides<[[UInt8]]> {
        func rest(_ lines: [[UInt8]], without others: [[UInt8]]) -> [[UInt8]] {
            var counts = Dictionary(grouping: others, by: \.self).mapValues(\.count)
            return lines.filter { line in
                guard !line.isEmpty, let count = counts[line], count > 0 else { return true }
                counts[line] = count - 1
                return false
            }
        }
        return BothSides(rest(removed, without: added), rest(added, without: removed))
    }

    /// One line of what is shown.
    enum Line: Sendable, Equatable {
        case hunk(String)
        case both([UInt8]), removed([UInt8]), added([UInt8])
        /// That the text ends without a line end.
        case noEnd

        fileprivate var keptBytes: Int {
            switch self {
            case .hunk, .noEnd: 64
            case .both(let text), .removed(let text), .added(let text): 64 + text.count
            }
        }
    }

    /// The most steps that are searched: memory goes with their square.
    private static let mostSteps = 1000
    private static let context = 3
    /// The most lines that are kept.
    private static let limit = 400

    fileprivate enum Step { case both(Int, Int), removed(Int), added(Int) }

    /// - Parameter texts: split at line ends, so that the last piece is empty if there is one at the end.
    init(_ texts: BothSides<[ArraySlice<UInt8>]>) {
        let (a, b) = (Self.lines(texts.a), Self.lines(texts.b))
        let steps = Self.steps(a, b)
        for step in steps {
            switch step {
            case .both: break
            case .removed(let i): if removed.count < Self.limit { removed.append(Array(a.lines[i])) }
            case .added(let j): if added.count < Self.limit { added.append(Array(b.lines[j])) }
            }
        }
        show(steps, a, b)
    }

    private typealias Text = (lines: ArraySlice<ArraySlice<UInt8>>, hasEnd: Bool)

    private static func lines(_ pieces: [ArraySlice<UInt8>]) -> Text {
        pieces.last?.isEmpty == true ? (pieces.dropLast(), true) : (pieces[...], false)
    }

    // MARK: - The search

    private static func steps(_ a: Text, _ b: Text) -> [Step] {
        // Lines as numbers: each is compared once.
        var numbers: [ArraySlice<UInt8>: Int] = [:]
        func number(_ line: ArraySlice<UInt8>) -> Int {
            if let known = numbers[line] { return known }
            numbers[line] = numbers.count
            return numbers.count - 1
        }
        var (left, right) = (a.lines.map(number), b.lines.map(number))
        // A last line without an end is another than one with it, wherever that stands.
        if !a.hasEnd, let last = left.last { left[left.count - 1] = -1 - last }
        if !b.hasEnd, let last = right.last { right[right.count - 1] = -1 - last }
        var head = 0
        while head < min(left.count, right.count), left[head] == right[head] { head += 1 }
        var tail = 0
        while tail < min(left.count, right.count) - head, left[left.count - 1 - tail] == right[right.count - 1 - tail] {
            tail += 1
        }
        let middle = shortest(left[head..<left.count - tail], right[head..<right.count - tail])
        return (0..<head).map { .both($0, $0) } + middle
            + (0..<tail).map { .both(left.count - tail + $0, right.count - tail + $0) }
    }

    private static func shortest(_ a: ArraySlice<Int>, _ b: ArraySlice<Int>) -> [Step] {
        let replacement: [Step] = a.indices.map { .removed($0) } + b.indices.map { .added($0) }
        guard !a.isEmpty, !b.isEmpty else { return replacement }
        let bound = min(a.count + b.count, mostSteps)
        // On each diagonal, how far one gets with so many steps; and what that was before each step.
        var far = [Int](repeating: 0, count: 2 * bound + 3)
        let middle = bound + 1
        var trace: [[Int]] = []
        for steps in 0...bound {
            trace.append(Array(far[(middle - steps - 1)...(middle + steps + 1)]))
            for diagonal in stride(from: -steps, through: steps, by: 2) {
                let isDown =
                    diagonal == -steps
                    || diagonal != steps && far[middle + diagonal - 1] < far[middle + diagonal + 1]
                var x = isDown ? far[middle + diagonal + 1] : far[middle + diagonal - 1] + 1
                var y = x - diagonal
                while x < a.count, y < b.count, a[a.startIndex + x] == b[b.startIndex + y] {
                    x += 1
                    y += 1
                }
                far[middle + diagonal] = x
                if x >= a.count, y >= b.count { return path(back: trace, a, b) }
            }
        }
        return replacement
    }

    /// The way that led to the end, from its last step to its first.
    private static func path(back trace: [[Int]], _ a: ArraySlice<Int>, _ b: ArraySlice<Int>) -> [Step] {
        var steps: [Step] = []
        var (x, y) = (a.count, b.count)
        for (number, far) in trace.enumerated().reversed() {
            let middle = number + 1
            let diagonal = x - y
            let isDown =
                diagonal == -number || diagonal != number && far[middle + diagonal - 1] < far[middle + diagonal + 1]
            let before = diagonal + (isDown ? 1 : -1)
            let startX = number == 0 ? 0 : far[middle + before]
            let startY = number == 0 ? 0 : startX - before
            while x > startX, y > startY {
                (x, y) = (x - 1, y - 1)
                steps.append(.both(a.startIndex + x, b.startIndex + y))
            }
            guard number > 0 else { break }
            if isDown {
                y -= 1
                steps.append(.added(b.startIndex + y))
            } else {
                x -= 1
                steps.append(.removed(a.startIndex + x))
            }
        }
        return steps.reversed()
    }

    // MARK: - What is shown

    private mutating func show(_ steps: [Step], _ a: Text, _ b: Text) {
        let changes = steps.indices.filter { if case .both = steps[$0] { false } else { true } }
        guard var first = changes.first else { return }
        var last = first
        var before = (end: 0, a: 0, b: 0)
        for change in changes.dropFirst() + [Int.max] {
            if change != .max, change - last <= 2 * Self.context + 1 {
                last = change
                continue
            }
            let range = max(0, first - Self.context)..<min(steps.count, last + Self.context + 1)
            before.a += steps[before.end..<range.lowerBound].count { $0.isInA }
            before.b += steps[before.end..<range.lowerBound].count { $0.isInB }
            let (left, right) = (steps[range].count { $0.isInA }, steps[range].count { $0.isInB })
            add(.hunk("@@ -\(Self.place(before.a, left)) +\(Self.place(before.b, right)) @@"))
            for step in steps[range] { add(step, a, b) }
            before = (range.upperBound, before.a + left, before.b + right)
            (first, last) = (change, change)
        }
    }

    private mutating func add(_ step: Step, _ a: Text, _ b: Text) {
        switch step {
        case .both(let i, _):
            add(.both(Array(a.lines[i])))
            if !a.hasEnd, i == a.lines.count - 1 { add(.noEnd) }
        case .removed(let i):
            add(.removed(Array(a.lines[i])))
            if !a.hasEnd, i == a.lines.count - 1 { add(.noEnd) }
        case .added(let j):
            add(.added(Array(b.lines[j])))
            if !b.hasEnd, j == b.lines.count - 1 { add(.noEnd) }
        }
    }

    /// Forgets the lines of either side, which nobody needs who only shows it.
    mutating func forgetSides() { (removed, added) = ([], []) }

    /// How much memory what is shown takes.
    var keptBytes: Int { lines.reduce(0) { $0 + $1.keptBytes } }

    private mutating func add(_ line: Line) {
        if lines.count < Self.limit { lines.append(line) } else { leftOut += 1 }
    }

    private static func place(_ before: Int, _ count: Int) -> String {
        count == 1 ? "\(before + 1)" : "\(count == 0 ? before : before + 1),\(count)"
    }
}

extension LinePatch.Step {
    fileprivate var isInA: Bool { if case .added = self { false } else { true } }
    fileprivate var isInB: Bool { if case .removed = self { false } else { true } }
}
