import Failure
import FileTree

/// What the global extended headers of an archive have said so far: it holds for the entries behind them, but for what
/// an entry's own extended header says. libarchive passes over them.
///
/// [pax, "pax Interchange Format"](https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html)
struct GlobalRecords {
    private(set) var values: [PaxKeyword: [UInt8]] = [:]
    private(set) var attributes: [AttributeName: [UInt8]] = [:]

    /// The most bytes of attributes that all global headers may say: they are kept to the archive's end.
    private static let attributesLimit = 1 << 20

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
        let size = attributes.reduce(0) { $0 + $1.key.bytes.count + $1.value.count }
        if size > Self.attributesLimit {
            throw Failure("its global headers have more than \(Self.attributesLimit) bytes of extended attributes")
        }
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
