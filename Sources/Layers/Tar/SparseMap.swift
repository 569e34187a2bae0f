import Failure
import FileTree

/// Where the pieces of a sparse file's content belong, as the archive says it. libarchive puts them there, and makes
/// something of any map: what is none is to be refused before.
///
/// [GNU tar, "Storing Sparse Files"](https://www.gnu.org/software/tar/manual/html_section/Sparse-Formats.html)
struct SparseMap {
    private var pieces: [(offset: Int64, length: Int64)] = []
    /// Bytes of content that the archive has for them.
    private let stored: Int64

    /// A map as the records of an extended header say it, in version 0.0 or 0.1.
    init(_ numbers: [Int64], stored: Int64) throws {
        self.stored = stored
        try add(numbers)
    }

    /// Refuses a map that is none of a file of that many bytes.
    func check(size: Int64) throws {
        var end: Int64 = 0
        var room = stored
        for piece in pieces {
            guard piece.offset >= end, piece.offset <= size, piece.length <= size - piece.offset else {
                throw Self.damaged("its pieces overlap, are not in order, or lie beyond its \(size) bytes")
            }
            end = piece.offset + piece.length
            guard piece.length <= room else { throw Self.damaged("it has more than the \(stored) bytes that follow") }
            room -= piece.length
        }
    }

    private mutating func add(_ numbers: some Collection<Int64>) throws {
        guard numbers.count.isMultiple(of: 2) else { throw Self.damaged("a piece has no length") }
        var rest = numbers.makeIterator()
        while let offset = rest.next(), let length = rest.next() { pieces.append((offset, length)) }
    }

    private static func damaged(_ what: String) -> Failure {
        Failure(
            "its sparse map is damaged: \(what)", help: "the archive was damaged, or made to mislead: make it anew")
    }
}

extension SparseMap {
    /// The map of an entry, whichever form it has.
    ///
    /// - Parameters:
    ///   - records: what the entry's extended headers say.
    ///   - header: the entry's own header.
    ///   - content: where in the archive its content begins.
    /// - Returns: `nil` if it is no sparse file.
    init?(of records: RawRecords, _ header: [UInt8], content: Int64, in window: ChunkWindow) throws {
        let kind = header[156]
        guard Self.kinds.contains(kind) else { return nil }
        guard let size = records.size ?? TarNumber.read(header[124..<136]) else { return nil }
        if kind == UInt8(ascii: "S") {
            try self.init(gnu: header, content: content, in: window, stored: size)
        } else if let version = records.sparseVersion {
            guard version == "1.0" else { throw Failure("it is a sparse file of version \(version), which is unknown") }
            try self.init(content: content, in: window, size: size)
        } else if let numbers = try records.sparseNumbers {
            try self.init(numbers, stored: size)
        } else {
            return nil
        }
    }

    /// Regular files: of today, of old, contiguous ones, and sparse ones.
    private static let kinds: Set<UInt8> = Set("0\u{0}7S".utf8)

    /// A list of numbers in the text of a record.
    static func numbers(_ text: [UInt8]) throws -> [Int64] {
        try text.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map(number)
    }

    static func number(_ text: some Collection<UInt8>) throws -> Int64 {
        guard let number = TarNumber.readDecimal(text) else {
            throw damaged("\(shown(path: text.prefix(40))) is no place and no length")
        }
        return number
    }

    /// GNU tar's old form: four pieces in the header, and 21 in each block that follows it.
    private init(gnu header: [UInt8], content: Int64, in window: ChunkWindow, stored: Int64) throws {
        guard header[257..<265].elementsEqual("ustar  \u{0}".utf8) else {
            throw Failure(
                "it is a sparse file in the form of star, which cannot be read",
                help: "make the archive without -sparse")
        }
        self.stored = stored
        try addFields(header[386..<482])
        var isContinued = header[482] != 0
        var offset = content
        while isContinued {
            guard let block = window.bytes(TarHeader.blockSize, at: offset) else { throw Self.damaged("it has no end") }
            try addFields(block[..<504])
            isContinued = block[504] != 0
            offset += Int64(TarHeader.blockSize)
        }
    }

    private mutating func addFields(_ fields: ArraySlice<UInt8>) throws {
        for start in stride(from: fields.startIndex, to: fields.endIndex, by: 24) where fields[start] != 0 {
            guard let offset = TarNumber.read(fields[start..<start + 12]),
                let length = TarNumber.read(fields[start + 12..<start + 24])
            else { throw Self.damaged("a piece has a negative place or length") }
            try add([offset, length])
        }
    }

    /// Version 1.0: lines of numbers before the content, the first one says how many pieces there are.
    private init(content: Int64, in window: ChunkWindow, size: Int64) throws {
        var lines = SparseLines(window, from: content, size: size)
        var numbers: [Int64] = []
        var rest = try Self.number(lines.next())
        guard rest <= size else { throw Self.damaged("it has less than the pieces that it says") }
        while rest > 0 {
            numbers += [try Self.number(lines.next()), try Self.number(lines.next())]
            rest -= 1
        }
        try self.init(numbers, stored: size - lines.length)
    }
}

/// The lines that a sparse map of version 1.0 is made of.
private struct SparseLines {
    private let window: ChunkWindow
    private let start: Int64
    private let size: Int64
    private var block: ArraySlice<UInt8> = []
    /// Bytes of the blocks that were read.
    private(set) var length: Int64 = 0

    init(_ window: ChunkWindow, from start: Int64, size: Int64) {
        (self.window, self.start, self.size) = (window, start, size)
    }

    /// The next line, without its newline.
    mutating func next() throws -> [UInt8] {
        var line: [UInt8] = []
        while line.count <= 20 {
            if let end = block.firstIndex(of: UInt8(ascii: "\n")) {
                line += block[..<end]
                block = block[(end + 1)...]
                return line
            }
            line += block
            guard length < size, let next = window.bytes(TarHeader.blockSize, at: start + length) else { break }
            block = next[...]
            length += Int64(TarHeader.blockSize)
        }
        throw Failure("its sparse map is damaged: a line has no end")
    }
}
