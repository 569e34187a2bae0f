/// The last chunks of an archive: its headers lie in them, across their borders or not.
struct ChunkWindow {
    private(set) var chunks: [Chunk] = []
    /// Offset in the archive of the first one.
    private var start: Int64 = 0

    /// Adds the next chunk.
    mutating func append(_ chunk: Chunk) {
        chunks.append(chunk)
    }

    /// Lets go of all but the last chunks.
    mutating func shrink(to count: Int) {
        while chunks.count > count { start += Int64(chunks.removeFirst().count) }
    }

    /// One byte of the archive; `nil` if it is not here.
    func byte(at offset: Int64) -> UInt8? {
        guard let (number, place) = find(offset) else { return nil }
        return chunks[number].bytes[place]
    }

    /// Bytes of the archive; `nil` if they are not all here.
    func bytes(_ count: Int, at offset: Int64) -> [UInt8]? {
        guard count > 0 else { return count == 0 ? [] : nil }
        guard var (number, place) = find(offset) else { return nil }
        var bytes: [UInt8] = []
        while bytes.count < count, number < chunks.count {
            bytes += chunks[number].bytes[place...].prefix(count - bytes.count)
            (number, place) = (number + 1, 0)
        }
        return bytes.count == count ? bytes : nil
    }

    private func find(_ offset: Int64) -> (number: Int, place: Int)? {
        var rest = offset - start
        guard rest >= 0 else { return nil }
        for (number, chunk) in chunks.enumerated() {
            if rest < chunk.count { return (number, Int(rest)) }
            rest -= Int64(chunk.count)
        }
        return nil
    }
}
