import OCI

/// Bytes of an image that are shipped and not seen, or shipped more than once. Each byte is in one of these, and once.
package struct Waste: Sendable, Equatable {
    /// Why they are.
    enum Kind: String, Sendable, CaseIterable, Encodable {
        /// The path has another content in the end.
        case overwritten
        /// The path has the same content in the end, shipped again with another mode, owner or attribute.
        case metadata
        /// The path is not there in the end.
        case deleted
        /// The layer itself has the path once more.
        case repeated
        /// Several files that are seen have the same content; one of them is none of the waste.
        case copies

        /// What happened to the content, as the end of a sentence that begins with it.
        var words: String {
            switch self {
            case .overwritten: "overwritten"
            case .metadata: "shipped again for its metadata"
            case .deleted: "deleted"
            case .repeated: "twice in the same layer"
            case .copies: "the same content at several paths"
            }
        }
    }

    /// What would save them.
    enum Remedy: String, Sendable, Encodable {
        /// `collapse_build_only`: the layers become one.
        case collapse
        /// The script that makes the file can delete it, or write it once.
        case script
        /// An import, or the script that makes the file, can give it its mode and owner.
        case mode
        /// The file is one of the base.
        case base
        /// Hard links, or symlinks.
        case link
    }

    /// Why they are.
    let kind: Kind
    /// How many bytes: of the content, as often as it is too often there.
    let bytes: Int64
    /// Where the content is; for copies, of all of them, the one that is none of the waste first.
    let paths: [[UInt8]]
    /// How many paths there are: of very many only some are named.
    let count: Int
    /// The layer that ships it, from 0 at the bottom; of copies that of the first one.
    let layer: Int
    /// The layer that has hidden it.
    let hidden: Int?
    let remedy: Remedy
}

extension Waste {
    /// All that is wasted, the most first.
    ///
    /// - Parameter origins: what is known of the layers.
    static func all(in tree: ShippedTree, _ account: TreeAccount, _ origins: [LayerOrigin]) -> [Waste] {
        var wastes = hidden(in: tree, account, origins)
        wastes += copies(in: tree, account)
        return wastes.sorted { one, other in
            one.bytes != other.bytes ? one.bytes > other.bytes : one.paths.lexicographicallyPrecedes(other.paths)
        }
    }

    /// Contents that no name shows.
    private static func hidden(
        in tree: ShippedTree, _ account: TreeAccount, _ origins: [LayerOrigin]
    ) -> [Waste] {
        tree.contents.indices.compactMap { number in
            let content = tree.contents[number]
            guard !account.isSeen[number], content.size > 0 else { return nil }
            let loss = account.losses[number]
            let (layer, by) = (Int(content.layer), Int(loss.layer))
            let kind: Kind =
                switch loss.loss {
                case .overwritten: .overwritten
                case .metadata: .metadata
                case .deleted: .deleted
                case .repeated: .repeated
                }
            return Waste(
                kind: kind, bytes: content.size, paths: [tree.path(of: content.node)], count: 1, layer: layer,
                hidden: kind == .repeated ? nil : by, remedy: remedy(kind, layer, by, origins))
        }
    }

    private static func remedy(_ kind: Kind, _ layer: Int, _ by: Int, _ origins: [LayerOrigin]) -> Remedy {
        if origins.wouldCollapse(layer, by) { return .collapse }
        if origins[layer].recipe == nil, origins.contains(where: { $0.recipe != nil }) { return .base }
        return kind == .metadata ? .mode : .script
    }

    /// How many paths of copies are named.
    private static let namedCopies = 20

    /// Contents that are seen, and equal.
    private static func copies(in tree: ShippedTree, _ account: TreeAccount) -> [Waste] {
        var first: [ShippedTree.Fingerprint: Int] = [:]
        var groups: [Int: [Int]] = [:]
        for (number, content) in tree.contents.enumerated() where account.isSeen[number] && content.size > 0 {
            if let known = first[content.digest] {
                groups[known, default: [known]].append(number)
            } else {
                first[content.digest] = number
            }
        }
        return groups.values.map { group in
            let content = tree.contents[group[0]]
            return Waste(
                kind: .copies, bytes: content.size * Int64(group.count - 1),
                paths: group.prefix(namedCopies).map { tree.path(of: tree.contents[$0].node) }, count: group.count,
                layer: Int(content.layer), hidden: nil, remedy: .link)
        }
    }
}

extension [[UInt8]] {
    fileprivate func lexicographicallyPrecedes(_ other: [[UInt8]]) -> Bool {
        lexicographicallyPrecedes(other) { $0.lexicographicallyPrecedes($1) }
    }
}
