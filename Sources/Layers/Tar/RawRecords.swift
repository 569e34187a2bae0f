import Failure
import FileTree

/// Records of an entry's extended headers, byte by byte, and of the global ones before it.
struct RawRecords {
    private var values: [PaxKeyword: [UInt8]] = [:]
    /// Places and lengths of a sparse map in version 0.0, which has a record for each.
    private var sparsePieces: [Int64] = []
    /// Extended attributes that a global header says; the entry's own go before them.
    private(set) var globalAttributes: [AttributeName: [UInt8]] = [:]
    private(set) var modified: Timestamp?

    var path: [UInt8]? { values[.path] }
    var sparsePath: [UInt8]? { values[.sparsePath] }
    var linkPath: [UInt8]? { values[.linkPath] }
    var uid: Int64? { values[.uid].flatMap { PaxKeyword.owner($0[...]) } }
    var gid: Int64? { values[.gid].flatMap { PaxKeyword.owner($0[...]) } }
    var size: Int64? { values[.size].flatMap(TarNumber.readDecimal) }

    /// Of a sparse file whose map lies in its content: `1.0`.
    var sparseVersion: String? {
        guard let major = values[.sparseMajor], major != [UInt8(ascii: "0")] else { return nil }
        return shown(path: major + [UInt8(ascii: ".")] + (values[.sparseMinor] ?? []))
    }

    /// The places and lengths of a map that lies in the records.
    var sparseNumbers: [Int64]? {
        get throws {
            guard let map = values[.sparseMap] else { return sparsePieces.isEmpty ? nil : sparsePieces }
            let numbers = map.isEmpty ? [] : try SparseMap.numbers(map)
            if let count = values[.sparseCount], TarNumber.readDecimal(count) != Int64(numbers.count / 2) {
                throw Failure("its sparse map has \(numbers.count / 2) pieces, and \(shown(path: count)) are announced")
            }
            return numbers + sparsePieces
        }
    }

    /// Reads the headers of an entry, which begin at `offset` of the archive.
    ///
    /// - Parameters:
    ///   - size: how long the entry's content is when it is unpacked.
    ///   - globals: what global headers said before, and say after.
    /// - Returns: `nil` if they are not all in the window.
    /// - Throws: A ``Failure`` for records that are none, and for a sparse map that is none.
    init?(at offset: Int64, in window: ChunkWindow, size: Int64, globals: inout GlobalRecords) throws {
        var offset = offset
        var hasOwn = false
        while let kind = window.byte(at: offset + 156) {
            guard let header = window.bytes(TarHeader.blockSize, at: offset) else { return nil }
            let content = offset + Int64(TarHeader.blockSize)
            guard Self.kinds.contains(kind) else {
                let map = try SparseMap(of: self, header, content: content, in: window)
                try map?.check(size: size)
                finish(globals)
                return
            }
            guard let length = TarNumber.read(header[124..<136]), length < 1 << 31,
                let bytes = window.bytes(Int(length), at: content)
            else { return nil }
            switch kind {
            case UInt8(ascii: "x"), UInt8(ascii: "X"):
                try Self.refuseSecond(hasOwn)
                hasOwn = true
                try read(bytes)
            case UInt8(ascii: "g"): try globals.read(bytes)
            default: break
            }
            offset = content + length + Int64(TarHeader.padding(length))
        }
        return nil
    }

    /// The headers that can stand before an entry's own: of pax, and GNU tar's for long names.
    private static let kinds: Set<UInt8> = Set("xXgLKV".utf8)

    /// An entry has one extended header (pax, "pax Interchange Format"). Of two, GNU tar and Go's tools take the second alone,
    /// Python what either says, and libarchive reads one into the other: each sees another archive.
    private static func refuseSecond(_ hasOwn: Bool) throws {
        guard hasOwn else { return }
        throw Failure(
            "it has two extended headers, of which readers of archives take one or the other",
            help: "the program that wrote the archive is at fault: make it anew with one")
    }

    /// Takes the records of the extended header: of one keyword the last one counts.
    private mutating func read(_ content: [UInt8]) throws {
        try PaxParsing.forEach(in: content) { bytes, value in
            guard let keyword = PaxKeyword(bytes) else { return }
            try keyword.check(value)
            switch keyword {
            case .sparseOffset, .sparseLength: sparsePieces.append(try SparseMap.number(value))
            default: values[keyword] = Array(value)
            }
        }
    }

    /// Fills up with what holds for all entries. What an empty record takes back is not said at all.
    private mutating func finish(_ globals: GlobalRecords) {
        values.merge(globals.values) { own, _ in own }
        values = values.filter { !$0.value.isEmpty }
        globalAttributes = globals.attributes
        modified = values[.modified].flatMap(Timestamp.init(decimal:))
    }
}
