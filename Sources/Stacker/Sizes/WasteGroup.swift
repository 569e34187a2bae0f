/// Wastes of one kind in one directory, which stand in one line.
struct WasteGroup: Sendable {
    /// One of them; where it is one alone, that.
    let example: Waste
    let place: FileGroup

    /// Those of all wastes, the most first.
    static func groups(of wastes: [Waste], in tree: ShippedTree) -> [WasteGroup] {
        Dictionary(grouping: wastes, by: Key.init).values
            .flatMap { alike -> [WasteGroup] in
                let first = Dictionary(alike.map { ($0.node, $0) }) { first, _ in first }
                return tree.groups(of: alike.map { ($0.node, $0.bytes) }).map { place in
                    WasteGroup(example: first[place.node] ?? alike[0], place: place)
                }
            }
            .sorted { one, other in
                one.place.bytes != other.place.bytes
                    ? one.place.bytes > other.place.bytes : one.order.lexicographicallyPrecedes(other.order)
            }
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

    private var order: [UInt8] {
        place.path + [0] + "\(example.kind.rawValue) \(example.layer) \(example.hidden ?? -1)".utf8
    }
}
