/// A sum of the lines of a text that is the same in whatever order they come, of which no more is kept than that.
struct LineSum {
    private var sum = 0
    private var line = Hasher()
    private var isEmpty = true
    /// Whether all of it was text: what has a NUL is none.
    private(set) var isText = true

    /// Takes the next bytes.
    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard isText else { return }
        var rest = bytes[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            take(rest[..<end])
            endLine()
            rest = rest[(end + 1)...]
        }
        take(rest)
    }

    private mutating func take(_ piece: Slice<UnsafeRawBufferPointer>) {
        if piece.contains(0) { isText = false }
        line.combine(bytes: UnsafeRawBufferPointer(rebasing: piece))
        isEmpty = isEmpty && piece.isEmpty
    }

    private mutating func endLine() {
        sum &+= line.finalize()
        line = Hasher()
        isEmpty = true
    }

    /// The sum, with the last line even if nothing ends it; `nil` of what is no text.
    consuming func finish() -> Int? {
        if !isEmpty { endLine() }
        return isText ? sum : nil
    }
}
