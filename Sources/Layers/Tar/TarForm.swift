import Failure
import FileTree
import OCI

/// How an archive is written, apart from what its entries are: two that unpack to the same may have other bytes all the same.
///
/// Only what is small is kept of it: of each field a hash of what it is in all headers, and a few of the values.
package struct TarForm: Sendable {
    private var fields: [String: Values] = [:]
    private var scan = TarScan()

    /// What one field, or record, is in the headers of an archive.
    private struct Values: Sendable, Equatable {
        var count = 0
        var hash = Hasher()
        var examples: [[UInt8]] = []

        /// How many values are kept to be shown.
        private static let shownExamples = 3

        mutating func add(_ value: ArraySlice<UInt8>) {
            count += 1
            hash.combine(value.count)
            value.withUnsafeBytes { hash.combine(bytes: $0) }
            let bytes = Array(value.prefix(100))
            if examples.count <= Self.shownExamples, !examples.contains(bytes) { examples.append(bytes) }
        }

        static func == (left: Self, right: Self) -> Bool {
            left.count == right.count && left.hash.finalize() == right.hash.finalize()
        }

        var words: String {
            let shownOnes = examples.prefix(Self.shownExamples).map {
                $0.isEmpty ? "nothing" : "\"\(shown(path: $0))\""
            }
            let values = shownOnes.joined(separator: ", ") + (examples.count > Self.shownExamples ? ", …" : "")
            return "\(values) (\(count) \(count == 1 ? "time" : "times"))"
        }
    }

    /// Reads a layer that is an archive.
    ///
    /// - Parameter checkpoint: called every so often; what it throws ends the reading.
    /// - Throws: A ``Failure`` for one that is damaged, or not the one that is asked for.
    package init(_ blob: OpenFile, _ descriptor: Descriptor, checkpoint: () throws -> Void) throws {
        let input = BlobInput(blob, hashes: true)
        let stream = try ArchiveStream(input, .layer, blobSize: descriptor.size, limit: .max, on: .all)
        // Its threads must have ended before the input is used again.
        defer { stream.stop() }
        var scan = TarScan()
        while let chunk = try stream.next() {
            try checkpoint()
            try scan.read(chunk.bytes) { header, records in add(header, records) }
        }
        self.scan = scan
        _ = stream.finish()
        guard try input.finish() == descriptor.digest else {
            throw Failure("blob \(descriptor.digest) is damaged", help: "fetch or build it anew")
        }
    }

    private mutating func add(_ header: ArraySlice<UInt8>, _ records: [UInt8]?) {
        guard let records else {
            for field in TarField.all {
                fields["the field \(field.name)", default: Values()].add(field.value(in: header))
            }
            return
        }
        let kind = header[header.startIndex + 156]
        guard kind == UInt8(ascii: "x") || kind == UInt8(ascii: "g") else {
            let name = "headers of the type \(shown(path: [kind]))"
            fields[name, default: Values()].add(records.prefix(100))
            return
        }
        // What can't be read has been refused where the entries were.
        try? PaxParsing.forEach(in: records) { keyword, value in
            let name = "the record \(shown(path: keyword.prefix(60)))"
            guard fields[name] != nil || fields.count < Self.mostRecords else { return }
            fields[name, default: Values()].add(value)
        }
    }

    /// The most names of records that are told apart.
    private static let mostRecords = 200

    /// In what another archive is written otherwise: what it is, how it is here, and how it is there.
    package func differences(from other: TarForm) -> [(what: String, own: String, others: String)] {
        var found: [(what: String, own: String, others: String)] = []
        for name in Set(fields.keys).union(other.fields.keys).sorted() where fields[name] != other.fields[name] {
            found.append((name, fields[name]?.words ?? "not there", other.fields[name]?.words ?? "not there"))
        }
        // The sum of a header follows from all else in it.
        if found.count > 1 { found.removeAll { $0.what == "the field \(TarField.sum.name)" } }
        if scan.end != other.scan.end {
            found.append(("its end", "\(scan.end) bytes", "\(other.scan.end) bytes"))
        }
        if scan.padding.finalize() != other.scan.padding.finalize() {
            found.append(
                (
                    "what fills up its blocks", "\(scan.stray) bytes that are no zeros",
                    "\(other.scan.stray) bytes that are no zeros"
                ))
        }
        return found
    }
}

/// A field of a header. pax, "ustar Interchange Format".
private struct TarField {
    let name: String
    let start: Int
    let length: Int

    static let sum = TarField(name: "chksum", start: 148, length: 8)
    static let all = [
        TarField(name: "name", start: 0, length: 100), TarField(name: "mode", start: 100, length: 8),
        TarField(name: "uid", start: 108, length: 8), TarField(name: "gid", start: 116, length: 8),
        TarField(name: "size", start: 124, length: 12), TarField(name: "mtime", start: 136, length: 12), sum,
        TarField(name: "typeflag", start: 156, length: 1), TarField(name: "linkname", start: 157, length: 100),
        TarField(name: "magic and version", start: 257, length: 8), TarField(name: "uname", start: 265, length: 32),
        TarField(name: "gname", start: 297, length: 32),
        TarField(name: "devmajor and devminor", start: 329, length: 16),
        TarField(name: "prefix", start: 345, length: 155), TarField(name: "the last bytes", start: 500, length: 12),
    ]

    /// Without the NULs at its end.
    func value(in header: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let bytes = header.dropFirst(start).prefix(length)
        return bytes[..<(bytes.lastIndex { $0 != 0 }.map { $0 + 1 } ?? bytes.startIndex)]
    }
}

/// Goes through an archive header by header, and passes over what is between them.
struct TarScan: Sendable {
    /// How many bytes come behind the last entry.
    private(set) var end: Int64 = 0
    /// What fills up the last block of each content.
    private(set) var padding = Hasher()
    /// How many bytes of that are no zeros.
    private(set) var stray = 0

    private var header: [UInt8] = []
    private var records: [UInt8] = []
    private var content: Int64 = 0
    private var fill = 0
    private var isExtended = false
    private var hasMoreSparse = false
    private var saidSize: Int64?

    /// The most bytes of an extended header that are read.
    private static let longest = 8 << 20

    /// Takes the next bytes.
    ///
    /// - Parameter found: gets a header, and what an extended one says.
    mutating func read(
        _ bytes: UnsafeRawBufferPointer, _ found: (ArraySlice<UInt8>, [UInt8]?) -> Void
    ) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            if content > 0 {
                let piece = rest.prefix(Int(min(content, Int64(rest.count))))
                if isExtended { records += piece }
                content -= Int64(piece.count)
                rest = rest.dropFirst(piece.count)
                if content == 0 { endContent(found) }
            } else if fill > 0 {
                let piece = rest.prefix(fill)
                padding.combine(bytes: UnsafeRawBufferPointer(rebasing: piece))
                stray += piece.count { $0 != 0 }
                fill -= piece.count
                rest = rest.dropFirst(piece.count)
            } else {
                let piece = rest.prefix(TarHeader.blockSize - header.count)
                header += piece
                rest = rest.dropFirst(piece.count)
                if header.count == TarHeader.blockSize { try takeBlock(found) }
            }
        }
    }

    private mutating func takeBlock(_ found: (ArraySlice<UInt8>, [UInt8]?) -> Void) throws {
        if hasMoreSparse {
            // A further piece of a map, in GNU tar's old form.
            hasMoreSparse = header[504] != 0
            return header.removeAll(keepingCapacity: true)
        }
        if end > 0 || header.allSatisfy({ $0 == 0 }) {
            end += Int64(header.count)
            return header.removeAll(keepingCapacity: true)
        }
        let kind = header[156]
        isExtended = "xXgLKV".utf8.contains(kind)
        // Links, devices and directories have none, whatever they say: as Go's reader has it.
        let hasContent = isExtended || !"123456".utf8.contains(kind)
        let size = (isExtended ? nil : saidSize) ?? TarNumber.read(header[124..<136])
        guard let size, !isExtended || size <= Self.longest else { throw Failure("a header of it says no length") }
        content = hasContent ? size : 0
        fill = hasContent ? TarHeader.padding(size) : 0
        hasMoreSparse = kind == UInt8(ascii: "S") && header[482] != 0
        if !isExtended {
            found(header[...], nil)
            saidSize = nil
            header.removeAll(keepingCapacity: true)
        } else if content == 0 {
            endContent(found)
        }
    }

    private mutating func endContent(_ found: (ArraySlice<UInt8>, [UInt8]?) -> Void) {
        guard isExtended else { return }
        found(header[...], records)
        if header[156] == UInt8(ascii: "x") {
            try? PaxParsing.forEach(in: records) { keyword, value in
                if keyword.elementsEqual("size".utf8) { saidSize = TarNumber.readDecimal(value) }
            }
        }
        records.removeAll(keepingCapacity: true)
        header.removeAll(keepingCapacity: true)
        isExtended = false
    }
}
