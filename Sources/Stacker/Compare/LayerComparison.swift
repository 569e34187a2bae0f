import Failure
import Layers
import OCI

/// A layer of A, one of B, or both, and what they have to do with each other.
struct LayerComparison: Sendable {
    /// Where it stands on either side, and which blob it is.
    struct Place: Sendable, Encodable {
        let number: Int
        let digest: Digest
        let size: Int64
        let mediaType: MediaType
    }

    enum Outcome: Sendable {
        /// It is the same blob.
        case equal
        /// It is the same content, packed otherwise.
        case repacked(BothSides<String>)
        /// Only one side has it, with these entries; `nil` if what it is has none.
        case onlyInA(EntriesDifference?), onlyInB(EntriesDifference?)
        case differ(EntriesDifference)
        /// What differs is all ignored.
        case ignored
    }

    let places: BothSides<Place?>
    /// Whether it is the same as one that stands elsewhere among the others.
    let isMoved: Bool
    var outcome: Outcome

    /// Whether it is the same blob at the same place.
    var isEqual: Bool { if case .equal = outcome { !isMoved } else { false } }

    /// Whether something differs that is not ignored.
    var differs: Bool {
        switch outcome {
        case .equal, .ignored: isMoved
        default: true
        }
    }

    /// The entries that differ, or that only one side has.
    var entries: EntriesDifference? {
        switch outcome {
        case .equal, .repacked, .ignored: nil
        case .onlyInA(let entries), .onlyInB(let entries): entries
        case .differ(let entries): entries
        }
    }

    /// The layers that a pair names, as far as both sides have them compared.
    init(
        _ pair: LayerPairing.Pair, _ layers: BothSides<[LayerSource]>, _ finder: ReasonFinder,
        ignoring ignored: Set<IgnoredDifference>
    ) throws {
        let a = pair.a.map { (number: $0, layer: layers.a[$0]) }
        let b = pair.b.map { (number: $0, layer: layers.b[$0]) }
        places = BothSides(a.map { Place($0.number, $0.layer) }, b.map { Place($0.number, $0.layer) })
        isMoved = pair.isMoved
        guard let a, let b else {
            outcome =
                if let a { .onlyInA(try Self.list(a.layer) { BothSides($0, EntryTable()) }) } else {
                    .onlyInB(try b.flatMap { try Self.list($0.layer) { BothSides(EntryTable(), $0) } })
                }
            return
        }
        if a.layer.descriptor.digest == b.layer.descriptor.digest {
            outcome = .equal
            return
        }
        let sides = BothSides(a.layer, b.layer)
        if a.layer.hasContent(of: b.layer) {
            let forms = try sides.mapAtOnce { try $0.packedForm() }
            outcome = ignored.contains(.compression) ? .ignored : .repacked(forms)
            return
        }
        let entries = try attempt(
            "couldn't compare layer \(a.layer.descriptor.digest) with \(b.layer.descriptor.digest)"
        ) {
            try Self.compare(sides, finder, ignored)
        }
        outcome = entries.isEmpty && !ignored.isEmpty ? .ignored : .differ(entries)
    }

    /// Guesses this of no entry.
    mutating func forget(_ reason: Reason) {
        guard case .differ(var entries) = outcome else { return }
        for place in entries.entries.indices { entries.entries[place].reasons.remove(reason) }
        outcome = .differ(entries)
    }

    private static func compare(
        _ layers: BothSides<LayerSource>, _ finder: ReasonFinder, _ ignored: Set<IgnoredDifference>
    ) throws -> EntriesDifference {
        let areImages = layers.map(\.descriptor.mediaType.isImage)
        let options = EntryComparison.Options(ignored: ignored, areOfTwoKinds: areImages.a != areImages.b)
        var difference = try EntriesDifference(of: layers.map { $0 as any EntrySource }, finder, options)
        // What is left then is how the archive is written. In another order all of its headers are others.
        if difference.isEmpty, !areImages.a, !areImages.b, ignored.hasForm {
            difference.form = try FormComparison(layers).differences
        }
        return difference
    }

    /// What a layer has that nothing is compared with.
    private static func list(
        _ layer: LayerSource, _ sides: (EntryTable) -> BothSides<EntryTable>
    ) throws -> EntriesDifference? {
        let type = layer.descriptor.mediaType
        guard type.isImage || type.ociLayer != nil else { return nil }
        return try attempt("couldn't read layer \(layer.descriptor.digest)") {
            EntryComparison(sides(try EntryTable(of: layer))).result
        }
    }
}

extension EntriesDifference {
    /// Reads both sides at a time, once; and of files that differ some a second time.
    init(
        of sources: BothSides<any EntrySource>, _ finder: ReasonFinder, _ options: EntryComparison.Options
    ) throws {
        let tables = try sources.mapAtOnce { try EntryTable(of: $0) }
        self = EntryComparison(tables, options).result
        try ContentReading(entries).fill(&entries, sources)
        finder.fill(&self)
    }
}

extension EntryTable {
    /// Of all that a source has.
    fileprivate init(of source: any EntrySource) throws {
        self.init()
        try source.forEach { try add($0, $1) }
    }
}

extension LayerSource {
    /// How it is packed. All of it is read: whether it has the content that its image's config says is what anybody can
    /// claim.
    fileprivate func packedForm() throws -> String {
        try forEach { _, _ in }
        return try PackedForm(open().blob).words
    }

    /// Whether both are the same archive, or the same image, by what their configs say.
    func hasContent(of other: LayerSource) -> Bool {
        descriptor.digest == other.descriptor.digest || diffID.map { $0 == other.diffID } == true
    }
}

extension LayerComparison.Place {
    fileprivate init(_ number: Int, _ layer: LayerSource) {
        self.init(
            number: number, digest: layer.descriptor.digest, size: layer.descriptor.size,
            mediaType: layer.descriptor.mediaType)
    }
}
