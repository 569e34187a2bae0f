import FileTree
import Layers

/// Compares two tables: paths of both in the same order, each with what differs.
struct EntryComparison {
    private let tables: BothSides<EntryTable>
    private let options: Options
    private var onlyTime: [EntryDifference] = []
    private(set) var result = EntriesDifference()
    private let links: BothSides<LinkGroups>
    /// For each row of A the row of B that it was compared with.
    private var partners: [Int32]

    /// What of two tables doesn't count.
    struct Options {
        var ignored: Set<IgnoredDifference> = []
        /// Whether one of both is an image of a file system, which always has a root, and an order of its own.
        var areOfTwoKinds = false
    }

    init(_ tables: BothSides<EntryTable>, _ options: Options = Options()) {
        (self.tables, self.options) = (tables, options)
        links = tables.map(LinkGroups.init)
        partners = Array(repeating: -1, count: tables.a.rows.count)
        result.totals = tables.map(\.rows.count)
        merge(tables.a.sorted(), tables.b.sorted())
        // What only tells of a time is listed if there is room.
        result.entries += onlyTime.prefix(EntriesDifference.limit - result.entries.count)
        if !options.areOfTwoKinds, !options.ignored.contains(.order) { result.order = order() }
    }

    private mutating func merge(_ left: [Int32], _ right: [Int32]) {
        var (i, j) = (0, 0)
        while i < left.count || j < right.count {
            let order = i == left.count ? 1 : j == right.count ? -1 : compare(left[i], right[j])
            if order < 0 {
                add(left[i], nil)
                i += 1
            } else if order > 0 {
                add(nil, right[j])
                j += 1
            } else {
                partners[Int(left[i])] = right[j]
                compareRows(left[i], right[j])
                i += 1
                j += 1
            }
        }
    }

    /// A mark stands beside the entry of its path, behind it.
    private func compare(_ left: Int32, _ right: Int32) -> Int {
        let (one, other) = (tables.a.rows[Int(left)], tables.b.rows[Int(right)])
        let order = EntryTable.compare(tables.a.path(one), tables.b.path(other))
        if order != 0 || one.kind.isMark == other.kind.isMark { return order }
        return one.kind.isMark ? 1 : -1
    }

    /// - Parameter files: what has the content of either, if one is a further name.
    private mutating func add(
        _ left: Int32?, _ right: Int32?, _ aspects: [EntryDifference.Aspect] = [],
        of files: BothSides<Int32>? = nil
    ) {
        let row = left.map { tables.a.rows[Int($0)] } ?? right.map { tables.b.rows[Int($0)] }
        if options.areOfTwoKinds, left == nil || right == nil, let row, row.kind == .directory,
            (left == nil ? tables.b : tables.a).path(row).isEmpty
        {
            return
        }
        result.count += 1
        let isTimeOnly = aspects == [.time]
        if isTimeOnly { result.onlyTime += 1 }
        if right == nil { result.onlyInA += 1 }
        if left == nil { result.onlyInB += 1 }
        guard (isTimeOnly ? onlyTime : result.entries).count < EntriesDifference.limit else { return }
        var facts = BothSides(
            left.map { EntryFacts(tables.a.rows[Int($0)], at: Int($0), of: tables.a) },
            right.map { EntryFacts(tables.b.rows[Int($0)], at: Int($0), of: tables.b) })
        if let files {
            facts.a?.take(tables.a.rows[Int(files.a)], of: tables.a)
            facts.b?.take(tables.b.rows[Int(files.b)], of: tables.b)
        }
        let path =
            left.map { tables.a.path(tables.a.rows[Int($0)]) } ?? right.map { tables.b.path(tables.b.rows[Int($0)]) }
        if aspects.contains(.content), let left, let right {
            let piece = firstPiece(tables.a.sums(tables.a.rows[Int(left)]), tables.b.sums(tables.b.rows[Int(right)]))
            facts.a?.piece = piece
            facts.b?.piece = piece
        }
        let difference = EntryDifference(path: Array(path ?? []), facts: facts, aspects: aspects)
        if isTimeOnly { onlyTime.append(difference) } else { result.entries.append(difference) }
    }

    /// Of sums up to the end of each piece, the first that differ. What they have in common may end before both do.
    private func firstPiece(_ left: ArraySlice<UInt64>, _ right: ArraySlice<UInt64>) -> Int {
        zip(left, right).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? min(left.count, right.count)
    }

    private mutating func compareRows(_ left: Int32, _ right: Int32) {
        let (one, other) = (tables.a.rows[Int(left)], tables.b.rows[Int(right)])
        guard [one.kind, other.kind].contains(.hardLink) else {
            return addCounting(left, right, Self.aspects(tables, one, other))
        }
        var aspects: [EntryDifference.Aspect] = []
        let files = files(left, right)
        if let files {
            // Which of its names a file has its content under is a matter of order; which names it has is not.
            if !links.a.hasNames(files.a, as: links.b, files.b, tables) { aspects.append(.links) }
            // What a further name of a file says beside that is its first name's to say, if both have that one.
            let (file, otherFile) = (tables.a.rows[Int(files.a)], tables.b.rows[Int(files.b)])
            if tables.a.path(file) != tables.b.path(otherFile) {
                aspects += Self.aspects(tables, file, otherFile)
            }
        } else if one.kind != other.kind {
            aspects.append([one.kind, other.kind].contains(.file) ? .links : .kind)
        } else if tables.a.detail(one) != tables.b.detail(other) {
            aspects.append(.links)
        }
        addCounting(left, right, aspects, of: files)
    }

    /// Adds what differs in something that counts.
    private mutating func addCounting(
        _ left: Int32, _ right: Int32, _ aspects: [EntryDifference.Aspect], of files: BothSides<Int32>? = nil
    ) {
        let counting = aspects.filter { aspect in aspect.ignored.map(options.ignored.contains) != true }
        if !counting.isEmpty { add(left, right, counting, of: files) }
    }

    /// In what two entries differ that are both no further names of files.
    private static func aspects(
        _ tables: BothSides<EntryTable>, _ one: EntryTable.Row, _ other: EntryTable.Row
    ) -> [EntryDifference.Aspect] {
        var aspects: [EntryDifference.Aspect] = []
        if one.kind != other.kind {
            aspects.append(.kind)
        } else if one.kind.hidesOnly {
            return []
        } else if tables.a.detail(one) != tables.b.detail(other) {
            aspects.append(one.kind == .symlink ? .target : .content)
        } else if one.size != other.size, one.kind == .file {
            aspects.append(.content)
        }
        if one.device != other.device { aspects.append(.device) }
        if !one.kind.hidesOnly, !other.kind.hidesOnly {
            if one.permissions != other.permissions, one.kind != .symlink { aspects.append(.mode) }
            if one.uid != other.uid || one.gid != other.gid { aspects.append(.owner) }
            if one.modified != other.modified { aspects.append(.time) }
            if tables.a.attributes(one) != tables.b.attributes(other) { aspects.append(.attributes) }
        }
        return aspects
    }

    /// The entries that have the content of what both sides have under a name; `nil` if it isn't known of both.
    private func files(_ left: Int32, _ right: Int32) -> BothSides<Int32>? {
        guard let one = links.a.file(left, of: tables.a), let other = links.b.file(right, of: tables.b) else {
            return nil
        }
        return BothSides(one, other)
    }

    // MARK: - Order

    /// Whether entries of both come in the same order. The fewest that have to be moved are all but those of a longest
    /// sequence that both have.
    private func order() -> OrderDifference? {
        let sequence = partners.indices.filter { partners[$0] >= 0 }
        guard let turn = zip(sequence, sequence.dropFirst()).first(where: { partners[$0] > partners[$1] }) else {
            return nil
        }
        // Patience sorting: the last of the best sequence of each length.
        var ends: [Int32] = []
        for place in sequence {
            let partner = partners[place]
            var (low, high) = (0, ends.count)
            while low < high {
                let middle = (low + high) / 2
                if ends[middle] < partner { low = middle + 1 } else { high = middle }
            }
            if low == ends.count { ends.append(partner) } else { ends[low] = partner }
        }
        // Where A has the later of two, B has, there, one that it lists before.
        let common = partners.filter { $0 >= 0 }.sorted()
        let place = zip(sequence, common).first { partners[$0] != $1 }
        let (left, right) = (place?.0 ?? turn.0, place?.1 ?? partners[turn.1])
        return OrderDifference(
            moved: sequence.count - ends.count,
            first: BothSides(
                Array(tables.a.path(tables.a.rows[left])), Array(tables.b.path(tables.b.rows[Int(right)]))))
    }
}

extension EntryDifference.Aspect {
    /// What a user calls it who doesn't want to see it; `nil` for what always counts.
    fileprivate var ignored: IgnoredDifference? {
        switch self {
        case .time: .time
        case .owner: .owner
        case .mode: .mode
        case .attributes: .attributes
        case .kind, .content, .target, .links, .device: nil
        }
    }
}
