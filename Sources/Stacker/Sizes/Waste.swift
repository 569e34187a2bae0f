import OCI

/// Bytes of an image that are shipped and not seen, or shipped more than once. Each byte is in one of these, and once.
package struct Waste: Sendable, Equatable {
    /// Why they are.
    enum Kind: String, Sendable, CaseIterable, Encodable {
        /// The path has another content in the end.
        case overwritten
        /// A layer above has the same content at the path, shipped again with another mode, owner, attribute or time, or for
        /// a hard link.
        case metadata
        /// The path is not there in the end.
        case deleted
        /// The layer itself has the path once more.
        case repeated
        /// Several files that are seen have the same content; one of them is none of the waste.
        case copies

        /// The kind in a sum of all that is of it.
        var words: String {
            switch self {
            case .overwritten: "overwritten"
            case .metadata: "shipped again for metadata"
            case .deleted: "deleted"
            case .repeated: "twice in a layer"
            case .copies: "in copies"
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
        /// The file is one of the base, and the own layer that changes its metadata can leave it alone.
        case keep
        /// The file is one of the base.
        case base
        /// Hard links, or symlinks.
        case link
        /// Symlinks: across layers, a hard link is a copy.
        case symlink
    }

    /// Why they are.
    let kind: Kind
    /// How many bytes: of the content, as often as it is too often there.
    let bytes: Int64
    /// Where the content is; for copies, of some of them, the one that is none of the waste first. See ``name(in:)``.
    private(set) var paths: [[UInt8]] = []
    /// How many paths there are: of very many only some are named.
    let count: Int
    /// The layer that ships it, from 0 at the bottom; of copies that of the first one.
    let layer: Int
    /// The layer that has hidden it.
    let hidden: Int?
    let remedy: Remedy
    /// What of the metadata has changed, where the content is shipped again for that.
    var changed: MetadataChange = []

    /// What happened to the content, as the end of a sentence that begins with it.
    ///
    /// - Parameter isAll: whether the sentence also says by which layer.
    func reason(saysLayer isAll: Bool) -> String {
        let by = isAll ? hidden.map { " by layer \($0)" } ?? "" : ""
        return switch kind {
        case .overwritten: "overwritten\(by)"
        case .metadata:
            changed.isEmpty
                ? "shipped again\(by), though nothing of it changed" : "shipped again\(by) for \(changed.names.inWords)"
        case .deleted: "deleted\(by)"
        case .repeated: "twice in the same layer"
        case .copies: "the same content at several paths"
        }
    }

    /// The first of the paths, as a name of the tree.
    var node: Int32 = 0
    /// The others that are named.
    private var others: [Int32] = []

    /// Gives it its paths: of millions they would be far more than all names.
    mutating func name(in tree: ShippedTree) { paths = ([node] + others).map { tree.path(of: $0) } }
}

extension Waste {
    /// All that is wasted, the most first.
    ///
    /// - Parameter origins: what is known of the layers.
    static func all(in tree: ShippedTree, _ account: TreeAccount, _ origins: [LayerOrigin]) -> [Waste] {
        var wastes = hidden(in: tree, account, origins)
        wastes += seen(in: tree, account, origins)
        wastes.sort { ($1.bytes, $0.node) < ($0.bytes, $1.node) }
        for number in wastes.indices.prefix(listed) { wastes[number].name(in: tree) }
        return wastes
    }

    /// How many have paths: those that are listed.
    static let listed = 1000

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
                kind: kind, bytes: content.size, count: 1, layer: layer,
                hidden: kind == .repeated ? nil : by, remedy: remedy(kind, layer, by, loss.changed, origins),
                changed: loss.changed, node: content.node)
        }
    }

    private static func remedy(
        _ kind: Kind, _ layer: Int, _ by: Int, _ changed: MetadataChange, _ origins: [LayerOrigin]
    ) -> Remedy {
        if origins.wouldCollapse(layer, by) { return .collapse }
        let isOfBase = origins.isOfBase(layer)
        guard kind == .metadata, !isOfBase || !origins.isOfBase(by) else { return isOfBase ? .base : .script }
        if changed.isEmpty { return .symlink }
        return isOfBase ? .keep : .mode
    }

    /// How many paths of copies are named.
    private static let namedCopies = 20

    /// Contents that are seen, and equal.
    private static func seen(in tree: ShippedTree, _ account: TreeAccount, _ origins: [LayerOrigin]) -> [Waste] {
        var first: [ShippedTree.Fingerprint: Int] = [:]
        var groups: [Int: [Int]] = [:]
        for (number, content) in tree.contents.enumerated() where account.isSeen[number] && content.size > 0 {
            if let known = first[content.digest] {
                groups[known, default: [known]].append(number)
            } else {
                first[content.digest] = number
            }
        }
        return groups.values.flatMap { group -> [Waste] in
            // What has the same below itself at its own path is no copy that somebody made.
            func isAgain(_ number: Int) -> Bool {
                account.repetitions[number].map { account.isSeen[$0.content] } ?? false
            }
            let again = group.filter(isAgain)
            let apart = group.filter { !isAgain($0) }
            return again.map { repetition($0, in: tree, account, origins) }
                + (apart.count > 1 ? [copies(apart, in: tree, origins)] : [])
        }
    }

    /// A content that is seen, above the same one, which other names show.
    private static func repetition(
        _ number: Int, in tree: ShippedTree, _ account: TreeAccount, _ origins: [LayerOrigin]
    ) -> Waste {
        let content = tree.contents[number]
        let repetition = account.repetitions[number]
        let node = repetition?.node ?? content.node
        let lower = repetition.map { Int(tree.contents[$0.content].layer) } ?? 0
        let changed = repetition?.changed ?? []
        return Waste(
            kind: .metadata, bytes: content.size, count: 1, layer: lower,
            hidden: Int(content.layer), remedy: remedy(.metadata, lower, Int(content.layer), changed, origins),
            changed: changed, node: node)
    }

    private static func copies(_ group: [Int], in tree: ShippedTree, _ origins: [LayerOrigin]) -> Waste {
        let content = tree.contents[group[0]]
        let layers = Set(group.map { Int(tree.contents[$0].layer) })
        let remedy: Remedy =
            layers.allSatisfy(origins.isOfBase) ? .base : layers.count == 1 ? .link : .symlink
        return Waste(
            kind: .copies, bytes: content.size * Int64(group.count - 1), count: group.count,
            layer: Int(content.layer), hidden: nil, remedy: remedy, node: content.node,
            others: group.prefix(namedCopies).dropFirst().map { tree.contents[$0].node })
    }
}

extension [String] {
    /// `mode, owner and time`.
    fileprivate var inWords: String {
        count < 2 ? joined() : dropLast().joined(separator: ", ") + " and " + self[count - 1]
    }
}
