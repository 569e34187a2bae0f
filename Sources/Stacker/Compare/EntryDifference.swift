import FileTree
import Layers

/// A path that both sides have otherwise, or only one of them has.
struct EntryDifference: Sendable {
    let path: [UInt8]
    /// What either side has there.
    let facts: BothSides<EntryFacts?>
    /// In what they differ; empty where one of them has nothing.
    let aspects: [Aspect]
    /// How their content differs, as far as that was looked into.
    var content: ContentDifference?
    /// Why they may.
    var reasons: Set<Reason> = []

    /// Whether it is nothing but when they were changed.
    var isTimeOnly: Bool { aspects == [.time] }

    /// What two entries of one path can differ in.
    enum Aspect: String, Sendable, Encodable, CaseIterable {
        case kind, content
        case target = "link target"
        case links = "hard links"
        case device, mode, owner, time
        case attributes = "extended attributes"
    }
}

/// What one side has at a path.
struct EntryFacts: Sendable, Equatable {
    let kind: EntryKind
    private(set) var permissions: UInt16
    private(set) var uid: UInt32?
    private(set) var gid: UInt32?
    private(set) var size: Int64
    private(set) var modified: Timestamp
    let device: UInt64
    /// Of a symlink its target, of a hard link the path of its first name.
    let target: [UInt8]
    /// Of a regular file, the SHA-256 of its content.
    let digest: [UInt8]
    private(set) var attributes: [ExtendedAttribute]
    /// Where it stands among the entries.
    let position: Int
    /// The first piece that the other side has otherwise, of content of more than one piece.
    var piece = 0

    init(_ row: EntryTable.Row, at position: Int, of table: EntryTable) {
        kind = row.kind
        permissions = row.permissions
        (uid, gid) = (row.uid, row.gid)
        size = row.size
        modified = row.modified
        device = row.device
        let detail = Array(table.detail(row))
        target = row.kind == .file ? [] : detail
        digest = row.kind == .file ? detail : []
        attributes = table.attributes(row)
        self.position = position
    }

    /// Says of a further name what its file has.
    mutating func take(_ file: EntryTable.Row, of table: EntryTable) {
        guard kind == .hardLink else { return }
        permissions = file.permissions
        (uid, gid) = (file.uid, file.gid)
        (size, modified) = (file.size, file.modified)
        attributes = table.attributes(file)
    }
}

/// What differs between the entries of two layers, or of two directories.
struct EntriesDifference: Sendable {
    /// The first of them, those last of which only the time differs; ``count`` says how many there are.
    var entries: [EntryDifference] = []
    /// How many paths differ.
    var count = 0
    /// How many of each kind there are.
    var onlyInA = 0, onlyInB = 0
    /// Of how many that both sides have only the time differs.
    var onlyTime = 0
    /// How many entries either side has.
    var totals = BothSides(0, 0)
    /// Entries of both that come in another order.
    var order: OrderDifference?
    /// How the archives differ, where their entries don't.
    var form: [FormDifference] = []

    /// How many differences are kept of one layer.
    static let limit = 10_000

    var isEmpty: Bool { count == 0 && order == nil && form.isEmpty }

    /// How many of a kind that both sides have differ.
    var changed: Int { count - onlyInA - onlyInB }
}

/// That entries come in another order.
struct OrderDifference: Sendable {
    /// How many would have to be moved, at the least.
    let moved: Int
    /// The first that comes elsewhere, on either side.
    let first: BothSides<[UInt8]>
}

/// How one side's archive is written otherwise.
struct FormDifference: Sendable, Encodable {
    /// What of it.
    let what: String
    let values: BothSides<String>
}
