import FileTree
import OCI

extension ImageComparison {
    /// For programs: an object with `a`, `b`, `equal`, `parts` and `reasons`.
    package func json() throws -> String {
        try JSON.text(
            ComparisonDocument(
                a: names.a, b: names.b, equal: isEqual, ignored: ignored.inOrder, parts: parts.map(PartDocument.init),
                reasons: reasons.map { .init(reason: $0.reason, help: $0.reason.hint, places: $0.places) }))
    }
}

private struct ComparisonDocument: Encodable {
    let a: String
    let b: String
    let equal: Bool
    let ignored: [IgnoredDifference]
    let parts: [PartDocument]
    let reasons: [FoundReason]

    struct FoundReason: Encodable {
        let reason: Reason
        let help: String
        let places: [String]
    }
}

private struct PartDocument: Encodable {
    let title: [String]
    var state = "differs"
    var digests: BothSides<Digest>?
    var fields: [FieldDocument]?
    var moreFields: Int?
    var rewritten: [String]?
    var order: BothSides<[String]>?
    var layers: [LayerDocument]?
    var entries: EntriesDocument?

    init(_ part: ImageComparison.Part) {
        title = part.title
        switch part.finding {
        case .equal: state = "equal"
        case .onlyInA: state = "only in a"
        case .onlyInB: state = "only in b"
        case .notThere(let digests): self.digests = digests
        case .order(let order): self.order = order
        case .rewritten(let digests): (self.digests, rewritten) = (digests, ["index"])
        case .fields(let document): take(document)
        case .entries(let entries): self.entries = EntriesDocument(entries)
        case .image(let image):
            if image.isEqual { state = "ignored" }
            digests = image.digests
            take(image.fields)
            rewritten = image.rewritten
            layers = image.layers.map(LayerDocument.init)
        }
    }

    private mutating func take(_ document: DocumentDifference) {
        fields = document.fields.map(FieldDocument.init)
        moreFields = document.rest > 0 ? document.rest : nil
    }
}

private struct FieldDocument: Encodable {
    let place: String
    let a: String?
    let b: String?
    let patch: [String]?
    let reasons: [Reason]

    init(_ field: FieldDifference) {
        patch = field.patch.map { $0.lines.map(\.text) }
        (place, a, b) = (field.place, field.values.a, field.values.b)
        reasons = field.reasons.inOrder
    }
}

private struct LayerDocument: Encodable {
    let a: LayerComparison.Place?
    let b: LayerComparison.Place?
    var state = "differs"
    let moved: Bool
    var packed: BothSides<String>?
    var entries: EntriesDocument?

    init(_ layer: LayerComparison) {
        (a, b, moved) = (layer.places.a, layer.places.b, layer.isMoved)
        switch layer.outcome {
        case .equal: state = "equal"
        case .ignored: state = "ignored"
        case .onlyInA: state = "only in a"
        case .onlyInB: state = "only in b"
        case .repacked(let forms): (state, packed) = ("same content", forms)
        case .differ: break
        }
        entries = layer.entries.map(EntriesDocument.init)
    }
}

private struct EntriesDocument: Encodable {
    let count: Int
    let onlyInA: Int
    let onlyInB: Int
    let changed: Int
    let onlyTime: Int
    let totals: BothSides<Int>
    let differences: [EntryDocument]
    let order: OrderDocument?
    let form: [FormDifference]

    struct OrderDocument: Encodable {
        let moved: Int
        let first: BothSides<String>
    }

    init(_ entries: EntriesDifference) {
        count = entries.count
        (onlyInA, onlyInB, changed) = (entries.onlyInA, entries.onlyInB, entries.changed)
        onlyTime = entries.onlyTime
        totals = entries.totals
        differences = entries.entries.map(EntryDocument.init)
        order = entries.order.map { OrderDocument(moved: $0.moved, first: $0.first.map(jsonPath)) }
        form = entries.form
    }
}

private struct EntryDocument: Encodable {
    let path: String
    /// The path's bytes where they are no UTF-8.
    let pathBytes: String?
    let a: FactsDocument?
    let b: FactsDocument?
    let differs: [EntryDifference.Aspect]
    let content: ContentDocument?
    let reasons: [Reason]

    init(_ entry: EntryDifference) {
        path = jsonPath(entry.path)
        pathBytes = String(validating: entry.path, as: UTF8.self) == nil ? entry.path.hexadecimal : nil
        a = entry.facts.a.map(FactsDocument.init)
        b = entry.facts.b.map(FactsDocument.init)
        differs = entry.aspects
        content = entry.content.map(ContentDocument.init)
        reasons = entry.reasons.inOrder
    }
}

private struct FactsDocument: Encodable {
    let kind: EntryKind
    let mode: String?
    let uid: UInt32?
    let gid: UInt32?
    let size: Int64?
    let modified: String?
    let sha256: String?
    let target: String?
    let attributes: [String: String]?

    init(_ facts: EntryFacts) {
        kind = facts.kind
        let hasOwn = !facts.kind.hidesOnly && facts.kind != .hardLink
        mode = hasOwn ? facts.mode : nil
        uid = hasOwn ? facts.uid : nil
        gid = hasOwn ? facts.gid : nil
        size = facts.kind == .file ? facts.size : nil
        modified = hasOwn ? facts.time : nil
        sha256 = facts.kind == .file ? facts.digest.hexadecimal : nil
        target = facts.target.isEmpty ? nil : String(decoding: facts.target, as: UTF8.self)
        attributes =
            facts.attributes.isEmpty
            ? nil
            : Dictionary(facts.attributes.map { ($0.name.description, $0.value.hexadecimal) }) { first, _ in first }
    }
}

private struct ContentDocument: Encodable {
    var patch: [String]?
    var leftOut: Int?
    var offset: Int64?
    var bytes: BothSides<String>?
    var unread: String?

    init(_ content: ContentDifference) {
        switch content.form {
        case .patch(let patch):
            self.patch = patch.lines.map(\.text)
            leftOut = patch.leftOut
        case .bytes(let offset, let bytes):
            self.offset = offset
            self.bytes = bytes.map(\.hexadecimal)
        case .unread(let why): unread = why
        }
    }
}

/// From the root of the image.
private func jsonPath(_ path: [UInt8]) -> String { "/" + String(decoding: path, as: UTF8.self) }

extension Set<Reason> {
    /// In the order in which they are listed everywhere.
    var inOrder: [Reason] { Reason.allCases.filter(contains) }
}
