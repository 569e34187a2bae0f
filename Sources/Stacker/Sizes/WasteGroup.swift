/// Wastes of one kind in one directory, which stand in one line.
struct WasteGroup: Sendable {
    /// One of them; where it is one alone, that.
    private(set) var example: Waste
    private(set) var place: FileGroup

    /// Those of all wastes, the most first.
    static func groups(of wastes: [Waste], in tree: ShippedTree) -> [WasteGroup] {
        var groups = Dictionary(grouping: wastes, by: Key.init).values
            .flatMap { alike -> [WasteGroup] in
                let first = Dictionary(alike.map { ($0.node, $0) }) { first, _ in first }
                return tree.groups(of: alike.map { ($0.node, $0.bytes) }).map { place in
                    WasteGroup(example: first[place.node] ?? alike[0], place: place)
                }
            }
        groups.sort { one, other in
            one.place.bytes != other.place.bytes ? one.place.bytes > other.place.bytes : one.order < other.order
        }
        for number in groups.indices.prefix(Waste.listed) {
            groups[number].place.name(in: tree)
            if groups[number].place.files == 1 { groups[number].example.name(in: tree) }
        }
        return groups
    }

    /// What they have in common.
    private struct Key: Hashable {
        let kind: Waste.Kind
        let remedy: Waste.Remedy
        let changed: MetadataChange
        let layer: Int
        let hidden: Int?

        init(_ waste: Waste) {
            (kind, remedy, changed) = (waste.kind, waste.remedy, waste.changed)
            (layer, hidden) = (waste.layer, waste.hidden)
        }
    }

    /// No two have the same.
    private var order: (Int32, Int, Int, String, String, UInt8) {
        let waste = example
        return (
            place.node, waste.layer, waste.hidden ?? -1, waste.kind.rawValue, waste.remedy.rawValue,
            waste.changed.rawValue
        )
    }
}
