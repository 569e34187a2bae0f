import Failure
import Host
import Layers
import OCI

/// Reads a second time what is wanted of the content of files that differ: of each the piece in which both part.
struct ContentReading {
    /// How many files are looked into, and how much of them is kept of either side.
    static let mostFiles = 200
    static let mostBytes = 64 << 20

    /// Where in `entries` those are that are looked into, in order.
    private(set) var chosen: [Int] = []

    /// Chooses among differences those that can be looked into.
    init(_ entries: [EntryDifference]) {
        var room = Self.mostBytes
        for (place, entry) in entries.enumerated() where entry.aspects.contains(.content) {
            guard let a = entry.facts.a, let b = entry.facts.b, a.kind == .file, b.kind == .file else { continue }
            let length = max(a.pieceRange.count, b.pieceRange.count)
            guard chosen.count < Self.mostFiles, length <= room else { continue }
            room -= length
            chosen.append(place)
        }
    }

    /// Looks into them, both sides at a time, and says of each how it differs.
    func fill(_ entries: inout [EntryDifference], _ sources: BothSides<any EntrySource>) throws {
        for place in entries.indices where entries[place].aspects.contains(.content) {
            let areFiles = entries[place].facts.a?.kind == .file && entries[place].facts.b?.kind == .file
            entries[place].content = ContentDifference(
                unread: areFiles ? "not looked into: too many others differ" : "its first name is another one")
        }
        guard !chosen.isEmpty else { return }
        let wanted = BothSides(
            chosen.compactMap { entries[$0].facts.a }, chosen.compactMap { entries[$0].facts.b })
        let sides = BothSides((sources.a, wanted.a), (sources.b, wanted.b))
        let pieces = try sides.mapAtOnce { source, wanted in try Self.pieces(wanted, of: source) }
        for (number, place) in chosen.enumerated() {
            let (a, b) = (wanted.a[number], wanted.b[number])
            let isWhole = max(a.size, b.size) <= Int64(ContentDifference.longestText)
            let read = BothSides(pieces.a[a.position] ?? Piece(), pieces.b[b.position] ?? Piece())
            var content = ContentDifference(read.map(\.bytes), at: a.pieceRange.lowerBound, isWhole: isWhole)
            content.hasSameLines = !isWhole && read.a.lines != nil && read.a.lines == read.b.lines
            entries[place].content = content
        }
    }

    /// All has been found that was looked for.
    private struct Found: Error {}
    /// Of a content no more has to be read.
    private struct Enough: Error {}

    /// What was read of one content.
    private struct Piece: Sendable {
        var bytes: [UInt8] = []
        /// The sum of all lines, of a text that is longer than a piece.
        var lines: Int?
    }

    /// The pieces by the place of their entries.
    private static func pieces(_ wanted: [EntryFacts], of source: any EntrySource) throws -> [Int: Piece] {
        let ranges = Dictionary(wanted.map { ($0.position, $0) }) { first, _ in first }
        var found: [Int: Piece] = [:]
        var position = 0
        do {
            try source.forEach { entry, content in
                defer { position += 1 }
                guard let facts = ranges[position] else { return }
                let piece = try Self.piece(of: facts, content)
                let isWhole = facts.size <= Int64(EntryTable.pieceSize)
                if entry.size != facts.size || isWhole && Digest(of: piece.bytes).bytes != facts.digest {
                    throw Failure("\(shown(path: entry.path)) has changed while it was read")
                }
                found[position] = piece
                if found.count == ranges.count { throw Found() }
            }
        } catch is Found {
        } catch let failure as Failure where failure.rootCause is Found {
            // A source has said what it was reading.
        }
        return found
    }

    private static func piece(of facts: EntryFacts, _ content: ListedContent) throws -> Piece {
        let range = facts.pieceRange
        var piece = Piece()
        piece.bytes.reserveCapacity(range.count)
        var lines = LineSum()
        let isLong = facts.size > Int64(EntryTable.pieceSize)
        var offset: Int64 = 0
        do {
            try content.readAll(size: facts.size, checkpoint: StopSignal.check) { bytes in
                let common = range.clamped(to: offset..<offset + Int64(bytes.count))
                piece.bytes += bytes[Int(common.lowerBound - offset)..<Int(common.upperBound - offset)]
                if isLong { lines.update(bytes) }
                offset += Int64(bytes.count)
                if offset >= range.upperBound, !isLong || !lines.isText { throw Enough() }
            }
        } catch is Enough {}
        if isLong { piece.lines = lines.finish() }
        return piece
    }
}

extension EntryFacts {
    /// Where in the content the piece is that the other side has otherwise.
    var pieceRange: Range<Int64> {
        let start = min(Int64(piece) * Int64(EntryTable.pieceSize), size)
        return start..<min(start + Int64(EntryTable.pieceSize), size)
    }
}
