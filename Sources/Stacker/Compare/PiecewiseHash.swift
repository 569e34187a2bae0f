import OCI

/// The digest of a stream, and the beginnings of the digests that it had at the end of each piece: the first one that differs
/// from that of another stream says in which piece both part.
struct PiecewiseHash {
    private var hash = SHA256()
    private var count: Int64 = 0
    private let keepsSums: Bool
    /// One for each piece that is complete.
    private(set) var sums: [UInt64] = []

    init(keepsSums: Bool) { self.keepsSums = keepsSums }

    /// Takes the next bytes.
    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard keepsSums else { return hash.update(bytes) }
        var rest = bytes
        while !rest.isEmpty {
            let room = EntryTable.pieceSize - Int(count % Int64(EntryTable.pieceSize))
            let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(room))
            hash.update(piece)
            count += Int64(piece.count)
            rest = UnsafeRawBufferPointer(rebasing: rest[piece.count...])
            if piece.count == room { sums.append(hash.beginning) }
        }
    }

    /// The digest's 32 bytes.
    consuming func finish() -> [UInt8] { hash.finish() }
}

extension SHA256 {
    /// The first bytes of the digest of what came so far, as a number.
    fileprivate var beginning: UInt64 {
        let copy = self
        return copy.finish().prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }
}
