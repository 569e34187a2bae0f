/// Why files differ that are no text, by their formats and by what is readable in them.
struct BinaryReasons {
    /// What was found.
    private(set) var reasons: Set<Reason> = []

    private let a: [UInt8]
    private let b: [UInt8]

    /// - Parameter path: by its name a file may be known to be of some format.
    init(_ content: ContentDifference, path: [UInt8], words: WordReasons) {
        (a, b) = (content.pieces.a, content.pieces.b)
        guard let place = content.place else { return }
        let isStart = content.start == 0
        if isStart, isTimeOfFormat(place, path) || isTimeInArchive(place) {
            reasons = [.timeStamp]
            return
        }
        if hasTimeOfZip(place) || hasTimeOfTar(place) {
            reasons = [.timeStamp]
            return
        }
        if isBuildID(place) {
            reasons = [.buildID]
            return
        }
        // Of the first readable word that differs.
        if let (one, other) = readable(place) { reasons = words.reasons(one, other) }
    }

    private func begins(with magic: [UInt8]) -> Bool { a.starts(with: magic) && b.starts(with: magic) }

    /// Formats that have a time at one place near their beginning.
    private func isTimeOfFormat(_ place: Int, _ path: [UInt8]) -> Bool {
        // RFC 1952: MTIME.
        if begins(with: [0x1f, 0x8b]) { return (4..<8).contains(place) }
        // PEP 552: the time of the source.
        return path.suffix(4).elementsEqual(".pyc".utf8) && (8..<12).contains(place)
    }

    /// ar(5): the date of a member, 12 bytes behind its name.
    private func isTimeInArchive(_ place: Int) -> Bool {
        guard begins(with: Array("!<arch>\n".utf8)) else { return false }
        var header = 8
        while header + 60 <= a.count, header <= place {
            if (header + 16..<header + 28).contains(place) { return true }
            let digits = a[header + 48..<header + 58].prefix { (0x30...0x39).contains($0) }
            guard let size = Int(String(decoding: digits, as: UTF8.self)) else { return false }
            header += 60 + size + size % 2
        }
        return false
    }

    /// PKWARE's APPNOTE.TXT, 4.3.7 and 4.3.12: time and date, in both kinds of headers.
    private func hasTimeOfZip(_ place: Int) -> Bool {
        let headers: [(magic: [UInt8], offset: Int)] = [([0x50, 0x4b, 3, 4], 10), ([0x50, 0x4b, 1, 2], 12)]
        return headers.contains { header in
            (0..<4).contains { byte in
                let start = place - header.offset - byte
                return start >= 0 && start < a.count && a[start...].starts(with: header.magic)
            }
        }
    }

    /// pax, "ustar Interchange Format": mtime, and the sum that follows from it.
    private func hasTimeOfTar(_ place: Int) -> Bool {
        // Pieces begin at multiples of a block.
        let block = place / 512 * 512
        guard block + 512 <= a.count, a[(block + 257)...].starts(with: "ustar".utf8) else { return false }
        return (136..<148).contains(place - block)
    }

    /// elf(5): a note of the owner GNU and the type 3.
    private func isBuildID(_ place: Int) -> Bool {
        let note: [UInt8] = [3, 0, 0, 0, 0x47, 0x4e, 0x55, 0]
        guard place < a.count else { return false }
        let from = max(0, place - 64)
        return (from...max(from, place - 8)).contains { a[$0...].starts(with: note) }
    }

    /// What of either side can be read around the first difference.
    private func readable(_ place: Int) -> (ArraySlice<UInt8>, ArraySlice<UInt8>)? {
        func run(_ bytes: [UInt8]) -> ArraySlice<UInt8>? {
            guard place < bytes.count, Self.isPrintable(bytes[place]) else { return nil }
            var (start, end) = (place, place)
            while start > 0, place - start < 200, Self.isPrintable(bytes[start - 1]) { start -= 1 }
            while end < bytes.count, end - place < 200, Self.isPrintable(bytes[end]) { end += 1 }
            return end - start >= 4 ? bytes[start..<end] : nil
        }
        guard let one = run(a), let other = run(b) else { return nil }
        return (one, other)
    }

    private static func isPrintable(_ byte: UInt8) -> Bool { (0x20..<0x7f).contains(byte) }
}
