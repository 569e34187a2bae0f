import Failure
import FileTree

/// What the global extended headers of an archive have said so far: it holds for the entries behind them, but for what
/// an entry's own extended header says. libarchive passes over them.
///
/// [pax, "pax Interchange Format"](https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html)
struct GlobalRecords {
    private(set) var values: [PaxKeyword: [UInt8]] = [:]
    private(set) var attributes: [AttributeName: [UInt8]] = [:]

    /// The most bytes that all global headers may say: they are kept to the archive's end, and read and set for each of its
    /// entries, which have 512 bytes themselves. It is what ext4 holds of attributes of one file.
    private static let limit = 4 << 10

    /// Takes the records of one more header: each takes the place of an earlier one, an empty one takes it back.
    mutating func read(_ content: [UInt8]) throws {
        try PaxParsing.forEach(in: content) { keyword, value in
            try Self.refuse(keyword)
            if keyword.starts(with: PaxRecords.attributePrefix) {
                let name = PaxRecords.attributeName(Array(keyword.dropFirst(PaxRecords.attributePrefix.count)))
                attributes[name] = value.isEmpty ? nil : Array(value)
            } else if let known = PaxKeyword(keyword) {
                try known.check(value)
                values[known] = value.isEmpty ? nil : Array(value)
            }
        }
        guard size <= Self.limit else {
            throw Failure(
                "its global headers say more than \(Self.limit) bytes of each entry",
                help: "make the archive anew with what they say in the headers of the entries")
        }
    }

    private var size: Int {
        values.values.reduce(0) { $0 + $1.count } + attributes.reduce(0) { $0 + $1.key.bytes.count + $1.value.count }
    }

    /// Names and content are one entry's: said of all, one reader follows it and the next does not, and they see two
    /// archives in one.
    private static func refuse(_ keyword: PaxParsing.Bytes) throws {
        let text = String(decoding: keyword, as: UTF8.self)
        guard ofOneEntry.contains(where: { $0.hasSuffix(".") ? text.hasPrefix($0) : text == $0 }) else { return }
        throw Failure(
            "a global header says \(shown(path: keyword)) for all entries",
            help: "that is for the header of one entry to say: make the archive anew without this record")
    }

    private static let ofOneEntry = [
        "path", "linkpath", "size", "GNU.sparse.", "SCHILY.realsize", "SCHILY.acl.", "SCHILY.devmajor",
        "SCHILY.devminor", "LIBARCHIVE.",
    ]
}
