import Pages

/// What a treemap is drawn of, as short as JSON can say it: a list `[name, bytes, layer, children, left out]` for each item.
struct TreemapData: Encodable {
    private let sizes: ImageSizes

    init(_ sizes: ImageSizes) { self.sizes = sizes }

    /// How long a name is shown.
    private static let nameLength = 60

    func encode(to encoder: any Encoder) throws {
        try Item(item: sizes.seen.root).encode(to: encoder)
    }

    private struct Item: Encodable {
        let item: SeenTree.Item

        func encode(to encoder: any Encoder) throws {
            var list = encoder.unkeyedContainer()
            try list.encode(visible(item.name, limit: nameLength))
            try list.encode(item.bytes)
            try list.encode(item.layer)
            guard item.isDirectory else { return }
            try list.encode(item.children.map(Item.init))
            guard item.smaller.bytes > 0 else { return }
            try list.encode([Int64(item.smaller.count), item.smaller.bytes])
        }
    }
}
