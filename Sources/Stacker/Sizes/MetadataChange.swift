import Layers

/// What of a file's metadata is another than in the layers below.
struct MetadataChange: OptionSet, Sendable, Hashable {
    let rawValue: UInt8

    static let mode = MetadataChange(rawValue: 1)
    static let owner = MetadataChange(rawValue: 2)
    static let attributes = MetadataChange(rawValue: 4)
    /// When its content was modified, in seconds: not every type of layer keeps more.
    static let time = MetadataChange(rawValue: 8)

    init(rawValue: UInt8) { self.rawValue = rawValue }

    /// What differs.
    init(_ old: ShippedTree.Metadata, _ new: ShippedTree.Metadata) {
        self = []
        if old.permissions != new.permissions { insert(.mode) }
        if old.uid != new.uid || old.gid != new.gid { insert(.owner) }
        if old.attributes != new.attributes { insert(.attributes) }
        if old.modified != new.modified { insert(.time) }
    }

    /// Each by name.
    var names: [String] {
        zip([.mode, .owner, .attributes, .time], ["mode", "owner", "attributes", "time"]).filter { contains($0.0) }
            .map(\.1)
    }
}
