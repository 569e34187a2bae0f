import Glibc

/// Makes whole lines of bytes that come as they happen to come, with something in front of each.
struct LineCutter {
    /// The most bytes of a line, without its end. A longer one becomes several lines, wherever its bytes come from.
    static let longest = 64 << 10
    /// How much is written at once, more or less.
    private static let block = 128 << 10

    /// The beginning of a line whose end has not come.
    private var begun: [UInt8] = []
    private var lines: [UInt8] = []

    /// Takes bytes, and gives the lines that end in them to `write`, at their bounds.
    ///
    /// - Parameter prefix: what stands in front of each line. Also behind a carriage return within one, where a terminal
    ///   goes on in front.
    mutating func take(
        _ bytes: UnsafeRawBufferPointer, prefix: [UInt8], _ write: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        if begun.isEmpty { return try cut(bytes, prefix, write) }
        let isLonger = begun.count + bytes.count > Self.longest
        begun += bytes
        guard isLonger || bytes.next(Self.newline) != nil else { return }
        let all = begun
        begun = []
        try all.withUnsafeBytes { try cut($0, prefix, write) }
    }

    /// There is no more: a line that was begun gets its end.
    mutating func end(prefix: [UInt8], _ write: (UnsafeRawBufferPointer) throws -> Void) throws {
        guard !begun.isEmpty else { return }
        let last = begun
        begun = []
        last.withUnsafeBytes { append($0, prefix, isWhole: false) }
        try flush(write)
    }

    // MARK: - Cutting

    private static let newline = UInt8(ascii: "\n")
    private static let carriageReturn = UInt8(ascii: "\r")

    private mutating func cut(
        _ bytes: UnsafeRawBufferPointer, _ prefix: [UInt8], _ write: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        var rest = bytes
        while true {
            let end = rest.next(Self.newline)
            if let end, end <= Self.longest {
                append(rest.upTo(end + 1), prefix, isWhole: true)
                rest = rest.from(end + 1)
            } else if rest.count > Self.longest {
                let end = rest.characterBound(at: Self.longest)
                append(rest.upTo(end), prefix, isWhole: false)
                rest = rest.from(end)
            } else {
                break
            }
            if lines.count >= Self.block { try flush(write) }
        }
        begun += rest
        try flush(write)
    }

    /// - Parameter isWhole: whether the line has its end.
    private mutating func append(_ line: UnsafeRawBufferPointer, _ prefix: [UInt8], isWhole: Bool) {
        var rest = line
        if !prefix.isEmpty {
            lines += prefix
            while let end = rest.next(Self.carriageReturn), end + (isWhole ? 2 : 1) < rest.count {
                lines += rest.upTo(end + 1)
                lines += prefix
                rest = rest.from(end + 1)
            }
        }
        lines += rest
        if !isWhole { lines.append(Self.newline) }
    }

    private mutating func flush(_ write: (UnsafeRawBufferPointer) throws -> Void) throws {
        guard !lines.isEmpty else { return }
        defer { lines.removeAll(keepingCapacity: true) }
        try lines.withUnsafeBytes(write)
    }
}

extension UnsafeRawBufferPointer {
    /// Where a byte is found first.
    fileprivate func next(_ byte: UInt8) -> Int? {
        guard let start = baseAddress, let found = memchr(start, Int32(byte), count) else { return nil }
        return UnsafeRawPointer(found) - start
    }

    fileprivate func upTo(_ end: Int) -> UnsafeRawBufferPointer { .init(rebasing: self[..<end]) }
    fileprivate func from(_ start: Int) -> UnsafeRawBufferPointer { .init(rebasing: self[start...]) }

    /// The bound of a character of UTF-8 at `end` or before it; `end` if there is none nearby.
    fileprivate func characterBound(at end: Int) -> Int {
        (0..<4).map { end - $0 }.first { self[$0] & 0xC0 != 0x80 } ?? end
    }
}
