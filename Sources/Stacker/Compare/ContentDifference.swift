import Synchronization

/// How the content of a file differs.
struct ContentDifference: Sendable {
    enum Form: Sendable {
        /// Of text: what would make B's of A's.
        case patch(LinePatch)
        /// Of anything else: where it first differs, and the bytes there.
        case bytes(offset: Int64, BothSides<[UInt8]>)
        /// It was not looked into.
        case unread(String)
    }

    var form: Form
    /// The pieces of content that were read of it, for who looks for reasons, and where in the content they begin.
    var pieces = BothSides<[UInt8]>([], [])
    var start: Int64 = 0
    /// Whether it is known of a text of which only pieces were read that all of its lines are the same, in another order.
    var hasSameLines = false

    /// How long a text may be of which a patch is made.
    static let longestText = EntryTable.pieceSize
    /// How many bytes of either side are shown of what is no text.
    static let shownBytes = 32

    init(unread why: String) { form = .unread(why) }

    /// - Parameters:
    ///   - start: where in the content both pieces begin.
    ///   - isWhole: whether they are all there is.
    init(_ pieces: BothSides<[UInt8]>, at start: Int64, isWhole: Bool) {
        self.pieces = pieces
        self.start = start
        if isWhole, let lines = Self.texts(pieces) {
            form = .patch(LinePatch(lines))
            return
        }
        let place = zip(pieces.a, pieces.b).enumerated().first { $0.element.0 != $0.element.1 }?.offset
        let offset = place ?? min(pieces.a.count, pieces.b.count)
        form = .bytes(offset: start + Int64(offset), pieces.map { Array($0[offset...].prefix(Self.shownBytes)) })
    }

    /// Where in the pieces the first difference is.
    var place: Int? {
        guard case .bytes(let offset, _) = form else { return nil }
        return Int(offset - start)
    }

    /// Forgets what nobody needs who only shows how it differs, and all of it where there is no room for more.
    mutating func forgetPieces(within room: ShownRoom) {
        pieces = BothSides([], [])
        guard case .patch(var patch) = form else { return }
        patch.forgetSides()
        form = room.take(patch.keptBytes) ? .patch(patch) : .unread("not kept: there is too much else that differs")
    }

    private static func texts(_ pieces: BothSides<[UInt8]>) -> BothSides<[ArraySlice<UInt8>]>? {
        guard isText(pieces.a), isText(pieces.b) else { return nil }
        return pieces.map { $0.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) }
    }

    /// Whether it can be shown line by line.
    private static func isText(_ bytes: [UInt8]) -> Bool {
        !bytes.contains(0) && String(validating: bytes, as: UTF8.self) != nil
    }
}

/// The memory for all patches of a comparison, of however many layers.
final class ShownRoom: Sendable {
    private let bytes = Mutex(64 << 20)

    /// Takes some, if there is as much.
    func take(_ count: Int) -> Bool {
        bytes.withLock { bytes in
            guard count <= bytes else { return false }
            bytes -= count
            return true
        }
    }
}
