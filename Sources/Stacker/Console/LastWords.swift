/// What stands last in a stream of lines: where a carriage return has a terminal write over it, what is written there.
struct LastWords {
    /// Bytes that are looked at, and kept: more than a line of a terminal shows.
    private static let most = 512

    /// The beginning of a line whose end has not come.
    private var begun: [UInt8] = []
    private var whole: [UInt8] = []

    /// The line that came last, as far as it has come, unless that is nothing.
    var line: [UInt8] { begun.isEmpty ? whole : begun }

    /// Takes the next bytes.
    mutating func take(_ bytes: UnsafeRawBufferPointer) {
        let end = bytes.suffix(Self.most)
        let isAll = end.count == bytes.count
        var pieces = end.split(omittingEmptySubsequences: false) {
            $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r")
        }
        let last = pieces.removeLast()
        if let first = pieces.first {
            if isAll, pieces.dropFirst().allSatisfy(\.isEmpty), !(begun.isEmpty && first.isEmpty) {
                whole = begun + first
            } else if let piece = pieces.last(where: { !$0.isEmpty }) {
                whole = Array(piece)
            }
            begun = []
        } else if !isAll {
            begun = []
        }
        begun += last.prefix(Self.most - min(Self.most, begun.count))
    }
}
