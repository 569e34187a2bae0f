import OCI
import Pages

extension ImageSizes {
    /// For programs.
    package func json() throws -> String { try JSON.text(Document(self)) }

    private struct Document: Encodable {
        let image: String
        let packed: Int64
        let unpacked: Int64
        let waste: WasteSums
        let layers: [LayerNumbers]
        let biggest: [Big]
        let lastBuild: [LastBuild.Layer]?

        init(_ sizes: ImageSizes) {
            image = sizes.name
            (packed, unpacked) = (sizes.packed, sizes.unpacked)
            waste = WasteSums(sizes)
            layers = sizes.layers.enumerated().map(LayerNumbers.init)
            biggest = sizes.biggest.map {
                Big(path: visiblePath($0.path), names: $0.names, bytes: $0.bytes, layer: $0.layer)
            }
            lastBuild = sizes.timing?.layers
        }
    }

    private struct WasteSums: Encodable {
        let bytes: Int64
        let percent: Double
        let byKind: [String: Int64]
        let byRemedy: [String: Int64]
        /// By directory.
        let groups: [Group]
        let items: [Item]
        /// How many items are left out.
        let omitted: Int

        init(_ sizes: ImageSizes) {
            bytes = sizes.wasted
            percent = (sizes.wastedPercent * 100).rounded() / 100
            byKind = Dictionary(sizes.wastedByKind.map { ($0.kind.rawValue, $0.bytes) }) { $0 + $1 }
            groups = sizes.wasteGroups.prefix(Waste.listed).map(Group.init)
            byRemedy = Dictionary(sizes.savings.map { ($0.remedy.rawValue, $0.bytes) }) { $0 + $1 }
            items = sizes.wastes.prefix(Waste.listed).map(Item.init)
            omitted = max(0, sizes.wastes.count - Waste.listed)
        }
    }

    private struct LayerNumbers: Encodable {
        let number: Int
        let digest: Digest
        let mediaType: MediaType
        let packed: Int64
        let unpacked: Int64
        let adds: TreeAccount.Change
        let changes: TreeAccount.Change
        let deletes: TreeAccount.Change
        let createdBy: String?
        let recipe: Recipe?
        let largest: [LargePart]

        struct Recipe: Encodable {
            let layer: String
            let buildOnly: Bool
            let line: Int
        }

        init(_ number: Int, _ layer: ImageSizes.Layer) {
            self.number = number
            digest = layer.descriptor.digest
            mediaType = layer.descriptor.mediaType
            (packed, unpacked) = (layer.packed, layer.unpacked)
            (adds, changes, deletes) = (layer.changes.added, layer.changes.changed, layer.changes.deleted)
            createdBy = layer.origin.createdBy
            recipe = layer.origin.recipe.map { Recipe(layer: $0.tag, buildOnly: $0.isBuildOnly, line: $0.line) }
            largest = layer.parts.map(LargePart.init)
        }
    }

    /// What a layer does to the names in a directory.
    private struct LargePart: Encodable {
        let does: TreeAccount.NameChange.Kind
        let bytes: Int64
        let path: String
        let entries: Int

        init(_ part: ImageSizes.Part) {
            (does, bytes, entries) = (part.kind, part.place.bytes, part.place.files)
            path = visiblePath(part.place.path)
        }
    }

    private struct Group: Encodable {
        let kind: Waste.Kind
        let changed: [String]?
        let bytes: Int64
        let path: String
        let files: Int
        let layer: Int
        let hiddenBy: Int?
        let remedy: Waste.Remedy

        init(_ group: WasteGroup) {
            (kind, layer, hiddenBy) = (group.example.kind, group.example.layer, group.example.hidden)
            (bytes, files) = (group.place.bytes, group.place.files)
            path = visiblePath(group.place.path)
            (changed, remedy) = (group.example.changedNames, group.example.remedy)
        }
    }

    private struct Item: Encodable {
        let kind: Waste.Kind
        let changed: [String]?
        let bytes: Int64
        let paths: [String]
        let count: Int
        let layer: Int
        let hiddenBy: Int?
        let remedy: Waste.Remedy

        init(_ waste: Waste) {
            (kind, bytes, count, layer) = (waste.kind, waste.bytes, waste.count, waste.layer)
            paths = waste.paths.map(visiblePath)
            (hiddenBy, remedy, changed) = (waste.hidden, waste.remedy, waste.changedNames)
        }
    }

    private struct Big: Encodable {
        let path: String
        let names: Int
        let bytes: Int64
        let layer: Int
    }
}

extension Waste {
    /// What of the metadata changed, where it is wasted for that.
    fileprivate var changedNames: [String]? { kind == .metadata ? changed.names : nil }
}

/// A path in an image from its root, as text in which everything can be seen.
func visiblePath(_ path: [UInt8]) -> String { "/" + visible(path) }
