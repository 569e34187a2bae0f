import Failure
import FileTree

/// Records of an entry's extended headers, byte by byte.
struct RawRecords {
    /// `path`.
    private(set) var path: [UInt8]?
    /// `GNU.sparse.name`: what a sparse file is called, whose `path` is made up.
    private(set) var sparsePath: [UInt8]?
    /// `linkpath`.
    private(set) var linkPath: [UInt8]?
    /// `mtime`.
    private(set) var modified: Timestamp?

    /// No records.
    init() {}

    /// Reads the extended headers that an entry's headers begin with, at `offset` of the archive.
    ///
    /// - Returns: `nil` if they are not all in the window.
    /// - Throws: A ``Failure`` for a key with a NUL in it: what reads it as text sees another one.
    init?(at offset: Int64, in window: ChunkWindow) throws {
        var offset = offset
        while let kind = window.byte(at: offset + 156) {
            guard Self.kinds.contains(kind) else { return }
            guard let header = window.bytes(TarHeader.blockSize, at: offset), let size = Self.size(header),
                let content = window.bytes(size, at: offset + Int64(TarHeader.blockSize))
            else { return nil }
            if kind == UInt8(ascii: "x") || kind == UInt8(ascii: "X") {
                var records = RawRecords()
                try records.read(content[...])
                take(records)
            }
            offset += Int64(TarHeader.blockSize + size + TarHeader.padding(Int64(size)))
        }
        return nil
    }

    /// The headers that can stand before an entry's own: of pax, and GNU tar's for long names.
    private static let kinds: Set<UInt8> = Set("xXgLKV".utf8)

    /// The length of the content, in octal digits or, with the first bit set, as a number; `nil` if it is none.
    private static func size(_ header: [UInt8]) -> Int? {
        let field = header[124..<136]
        if field[124] & 0x80 != 0 {
            guard field.dropFirst().prefix(3).allSatisfy({ $0 == 0 }) else { return nil }
            let number = field.suffix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            return number < 1 << 31 ? Int(number) : nil
        }
        return field.filter { (0x30...0x37).contains($0) }.reduce(0) { $0 << 3 | Int($1 - 0x30) }
    }

    /// Of several extended headers the first one counts, as it does to libarchive.
    private mutating func take(_ others: RawRecords) {
        path = path ?? others.path
        sparsePath = sparsePath ?? others.sparsePath
        linkPath = linkPath ?? others.linkPath
        modified = modified ?? others.modified
    }

    private mutating func read(_ records: ArraySlice<UInt8>) throws {
        var rest = records
        while let space = rest.firstIndex(of: UInt8(ascii: " ")),
            let length = Int(String(decoding: rest[..<space], as: UTF8.self)),
            length <= rest.count, length > space - rest.startIndex + 1
        {
            let record = rest.prefix(length).dropFirst(space + 1 - rest.startIndex).dropLast()
            if let equals = record.firstIndex(of: UInt8(ascii: "=")) {
                try set(record[..<equals], Array(record[(equals + 1)...]))
            }
            rest = rest.dropFirst(length)
        }
    }

    private mutating func set(_ key: ArraySlice<UInt8>, _ value: [UInt8]) throws {
        if key.contains(0) { throw Failure("its extended header has a NUL in the name \(shown(path: key))") }
        if key.elementsEqual("path".utf8) { path = value }
        if key.elementsEqual("GNU.sparse.name".utf8) { sparsePath = value }
        if key.elementsEqual("linkpath".utf8) { linkPath = value }
        if key.elementsEqual("mtime".utf8) { modified = Timestamp(decimal: value) }
    }
}
