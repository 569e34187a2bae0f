/// Which layer of B each layer of A is compared with: equal ones, wherever they are, and of the others those that stand
/// between the same equal ones, in their order.
struct LayerPairing {
    /// The layers of each side that belong together; `nil` where there is none.
    struct Pair: Equatable {
        var a: Int?
        var b: Int?
        /// Whether they are equal, and stand elsewhere.
        var isMoved = false
    }

    private(set) var pairs: [Pair] = []

    /// The most comparisons; images with more layers than that in a row, all of them different, are compared by position.
    private static let bound = 1 << 20

    /// - Parameter isSame: whether a layer of A and one of B are equal.
    init(_ a: Int, _ b: Int, isSame: (Int, Int) -> Bool) {
        let anchors = Self.anchors(a, b, isSame)
        var place = (a: 0, b: 0)
        var rest: BothSides<[Int]> = BothSides([], [])
        var gaps: [(a: Range<Int>, b: Range<Int>, anchor: (Int, Int)?)] = []
        for anchor in anchors {
            gaps.append((place.a..<anchor.0, place.b..<anchor.1, anchor))
            place = (anchor.0 + 1, anchor.1 + 1)
        }
        gaps.append((place.a..<a, place.b..<b, nil))
        rest.a = gaps.flatMap { Array($0.a) }
        rest.b = gaps.flatMap { Array($0.b) }
        let moved = Self.moved(rest, isSame)
        for gap in gaps {
            let ones = gap.a.filter { moved[$0] == nil }
            let others = gap.b.filter { place in !moved.values.contains(place) }
            for index in 0..<max(ones.count, others.count) {
                pairs.append(
                    Pair(a: index < ones.count ? ones[index] : nil, b: index < others.count ? others[index] : nil))
            }
            for place in gap.a { if let other = moved[place] { pairs.append(Pair(a: place, b: other, isMoved: true)) } }
            if let anchor = gap.anchor { pairs.append(Pair(a: anchor.0, b: anchor.1)) }
        }
    }

    /// Of layers that are equal to none in their sequence, those that are equal to one elsewhere.
    private static func moved(_ rest: BothSides<[Int]>, _ isSame: (Int, Int) -> Bool) -> [Int: Int] {
        guard rest.a.count * rest.b.count <= bound else { return [:] }
        var free = rest.b
        var moved: [Int: Int] = [:]
        for one in rest.a {
            guard let place = free.firstIndex(where: { isSame(one, $0) }) else { continue }
            moved[one] = free.remove(at: place)
        }
        return moved
    }

    /// A longest sequence of equal layers that both have.
    private static func anchors(_ a: Int, _ b: Int, _ isSame: (Int, Int) -> Bool) -> [(Int, Int)] {
        var head = 0
        while head < min(a, b), isSame(head, head) { head += 1 }
        var tail = 0
        while tail < min(a, b) - head, isSame(a - 1 - tail, b - 1 - tail) { tail += 1 }
        var anchors = (0..<head).map { ($0, $0) }
        let (rows, columns) = (a - head - tail, b - head - tail)
        if rows * columns <= bound, rows > 0, columns > 0 {
            var lengths = Array(repeating: Array(repeating: Int32(0), count: columns + 1), count: rows + 1)
            for row in (0..<rows).reversed() {
                for column in (0..<columns).reversed() {
                    lengths[row][column] =
                        isSame(head + row, head + column)
                        ? lengths[row + 1][column + 1] + 1 : max(lengths[row + 1][column], lengths[row][column + 1])
                }
            }
            var (row, column) = (0, 0)
            while row < rows, column < columns {
                if isSame(head + row, head + column) {
                    anchors.append((head + row, head + column))
                    (row, column) = (row + 1, column + 1)
                } else if lengths[row + 1][column] >= lengths[row][column + 1] {
                    row += 1
                } else {
                    column += 1
                }
            }
        }
        return anchors + (0..<tail).reversed().map { (a - 1 - $0, b - 1 - $0) }
    }
}
