import Failure
import OCI

/// What an image ships: its layers, what they do to each other, and what of it nobody sees.
///
/// *Packed* is the size of a layer's blob, *unpacked* that of the contents in it, each once however many names it has.
package struct ImageSizes: Sendable {
    /// The image, as it was named.
    package let name: String
    /// Which one it is.
    let identity: Identity
    /// Its layers, bottom first.
    let layers: [Layer]
    /// What is wasted, the most first.
    let wastes: [Waste]
    /// The same by directory.
    let wasteGroups: [WasteGroup]
    /// The largest files that are seen.
    let biggest: [File]
    /// What is seen, by directories.
    let seen: SeenTree
    /// What the last build took, if it was of this image.
    let timing: LastBuild?

    /// One layer.
    struct Layer: Sendable {
        let descriptor: Descriptor
        let origin: LayerOrigin
        /// A lower layer with the same blob, which is shipped once.
        let twin: Int?
        /// Bytes of the contents in it.
        let unpacked: Int64
        let changes: TreeAccount.LayerChanges
        /// The largest of what it adds, changes and deletes, by directory.
        let parts: [Part]

        /// Bytes of its blob; none if another layer ships it.
        var packed: Int64 { twin == nil ? descriptor.size : 0 }
    }

    /// What a layer does to the names in one directory.
    struct Part: Sendable, Equatable {
        let kind: TreeAccount.NameChange.Kind
        private(set) var place: FileGroup

        fileprivate func named(in tree: ShippedTree) -> Part {
            var part = self
            part.place.name(in: tree)
            return part
        }
    }

    /// One file.
    struct File: Sendable, Equatable {
        let path: [UInt8]
        let bytes: Int64
        let layer: Int
        /// How many names show it.
        let names: Int
    }

    /// Which image it is, as it says itself.
    struct Identity: Sendable {
        let digest: Digest
        let platform: String
        let created: String?
        /// The version of stacker that made it.
        let maker: String?

        init(_ image: NamedImage) {
            digest = image.descriptor.digest
            platform = image.config.platform.description
            created = image.config.created
            maker = image.manifest.annotations?.first { $0.key.hasSuffix(".stacker.stacker_version") }?.value
        }
    }

    /// Reads all layers of an image.
    ///
    /// - Parameters:
    ///   - timing: what the last build took.
    ///   - other: what it is called, if not by its name.
    ///   - images: with how many others it is shown on one page, which has as many items for all of them as for one.
    package init(of image: NamedImage, timing: LastBuild? = nil, called other: String? = nil, besides images: Int = 0)
        throws
    {
        self = try attempt("couldn't account for \(shown(image.name))") {
            ImageSizes(
                image, try ShippedTree.reading(image), timing, called: other ?? image.name,
                items: max(200, SeenTree.limit / (images + 1)))
        }
    }

    private init(_ image: NamedImage, _ tree: ShippedTree, _ timing: LastBuild?, called name: String, items: Int) {
        let origins = LayerOrigin.origins(of: image)
        let account = TreeAccount(tree, layers: image.layers.count)
        let parts = Self.parts(in: tree, account)
        self.name = name
        layers = image.layers.enumerated().map { number, descriptor in
            Layer(
                descriptor: descriptor, origin: origins[number],
                twin: image.layers.firstIndex { $0.digest == descriptor.digest }.flatMap { $0 < number ? $0 : nil },
                unpacked: account.layers[number].contents, changes: account.layers[number],
                parts: parts[number] ?? [])
        }
        wastes = Waste.all(in: tree, account, origins)
        wasteGroups = WasteGroup.groups(of: wastes, in: tree)
        let names = SeenNames(tree, account)
        biggest = Self.biggest(in: tree, account, names)
        seen = SeenTree(tree, account, names, limit: items)
        identity = Identity(image)
        self.timing = timing?.only(origins.compactMap { $0.recipe?.tag })
    }

    /// How many parts of a layer are named.
    private static let namedParts = 50

    private static func parts(in tree: ShippedTree, _ account: TreeAccount) -> [Int: [Part]] {
        Dictionary(grouping: account.names) { Int($0.layer) }.mapValues { changes in
            let parts = TreeAccount.NameChange.Kind.allCases.flatMap { kind in
                let alike = changes.lazy.filter { $0.kind == kind }.map { (node: $0.node, bytes: $0.bytes) }
                return tree.groups(of: Array(alike)).map { Part(kind: kind, place: $0) }
            }
            // Of the same size in the order of the kinds.
            return parts.enumerated().sorted {
                ($1.element.place.bytes, $0.offset) < ($0.element.place.bytes, $1.offset)
            }.prefix(namedParts).map { $0.element.named(in: tree) }
        }
    }

    /// How many of the biggest files are named.
    private static let biggestFiles = 50

    private static func biggest(in tree: ShippedTree, _ account: TreeAccount, _ names: SeenNames) -> [File] {
        tree.contents.indices.filter { account.isSeen[$0] && tree.contents[$0].size > 0 }
            .sorted { tree.contents[$0].size > tree.contents[$1].size }.prefix(biggestFiles)
            .map { number in
                let content = tree.contents[number]
                return File(
                    path: tree.path(of: names.node[number]), bytes: content.size, layer: Int(content.layer),
                    names: Int(names.count[number]))
            }
    }

    // MARK: - Sums

    /// Whether stacker made the image of a recipe, so that advice can be about that.
    var isOurs: Bool { layers.map(\.origin).areOurs }

    /// Bytes of all blobs of layers.
    var packed: Int64 { layers.reduce(0) { $0 + $1.packed } }
    /// Bytes of all contents in them.
    var unpacked: Int64 { layers.reduce(0) { $0 + $1.unpacked } }
    /// Bytes of them that are wasted.
    var wasted: Int64 { wastes.reduce(0) { $0 + $1.bytes } }
    /// The same in a hundred of all.
    var wastedPercent: Double { unpacked == 0 ? 0 : Double(wasted) * 100 / Double(unpacked) }

    /// What is wasted of each kind, the most first.
    var wastedByKind: [(kind: Waste.Kind, bytes: Int64)] {
        Dictionary(grouping: wastes, by: \.kind).map { ($0.key, $0.value.reduce(0) { $0 + $1.bytes }) }
            .sorted { ($0.1, $1.0.rawValue) > ($1.1, $0.0.rawValue) }
    }

    /// What each remedy would save, the most first.
    var savings: [(remedy: Waste.Remedy, bytes: Int64)] {
        Dictionary(grouping: wastes, by: \.remedy).map { ($0.key, $0.value.reduce(0) { $0 + $1.bytes }) }
            .sorted { ($0.1, $1.0.rawValue) > ($1.1, $0.0.rawValue) }
    }
}
