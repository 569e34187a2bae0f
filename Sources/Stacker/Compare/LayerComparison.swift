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
        case onlyInA, onlyInB
        case differ(EntriesDifference)
    }

    let places: BothSides<Place?>
    /// Whether it is the same as one that stands elsewhere among the others.
    let isMoved: Bool
    var outcome: Outcome

    var isEqual: Bool { if case .equal = outcome { !isMoved } else { false } }

    /// The layers that a pair names, as far as both sides have them compared.
    init(_ pair: LayerPairing.Pair, _ layers: BothSides<[LayerSource]>, _ finder: ReasonFinder) throws {
        let a = pair.a.map { (number: $0, layer: layers.a[$0]) }
        let b = pair.b.map { (number: $0, layer: layers.b[$0]) }
        places = BothSides(a.map { Place($0.number, $0.layer) }, b.map { Place($0.number, $0.layer) })
        isMoved = pair.isMoved
        guard let a, let b else {
            outcome = a == nil ? .onlyInB : .onlyInA
            return
        }
        if a.layer.descriptor.digest == b.layer.descriptor.digest {
            outcome = .equal
            return
        }
        let sides = BothSides(a.layer, b.layer)
        outcome =
            a.layer.hasContent(of: b.layer)
            ? .repacked(try sides.map { try PackedForm($0.open().blob).words })
            : .differ(
                try attempt("couldn't compare layer \(a.layer.descriptor.digest) with \(b.layer.descriptor.digest)") {
                    try Self.compare(sides, finder)
                })
    }

    private static func compare(_ layers: BothSides<LayerSource>, _ finder: ReasonFinder) throws -> EntriesDifference {
        var difference = try EntriesDifference(of: layers.map { $0 as any EntrySource }, finder)
        // What is left then is how the archive is written. In another order all of its headers are others.
        let areArchives = !layers.a.descriptor.mediaType.isImage && !layers.b.descriptor.mediaType.isImage
        if difference.isEmpty, areArchives { difference.form = try FormComparison(layers).differences }
        return difference
    }
}

extension EntriesDifference {
    /// Reads both sides at a time, once; and of files that differ some a second time.
    init(of sources: BothSides<any EntrySource>, _ finder: ReasonFinder) throws {
        let tables = try sources.mapAtOnce { source in
            var table = EntryTable()
            try source.forEach { try table.add($0, $1) }
            return table
        }
        self = EntryComparison(tables).result
        try ContentReading(entries).fill(&entries, sources)
        finder.fill(&self)
    }
}

extension LayerSource {
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
