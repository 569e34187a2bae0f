import Failure
import FileTree
import Progress

/// How a blob is compressed, as its first bytes and its length say.
struct PackedForm {
    /// For people.
    let words: String

    init(_ blob: OpenFile) throws {
        let size = try blob.status().size
        let start = try attempt("couldn't read a layer") { try blob.readExactly(Int(min(size, 10)), at: 0) }
        words = "\(Self.name(start)), \(humanSize(size))"
    }

    private static func name(_ start: [UInt8]) -> String {
        if start.starts(with: [0x28, 0xb5, 0x2f, 0xfd]) { return "zstd" }
        guard start.starts(with: [0x1f, 0x8b]), start.count >= 10 else { return "not compressed as a whole" }
        // RFC 1952: MTIME, XFL and OS.
        let time = (4..<8).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32(start[$1]) }
        let level = [2: ", at its best", 4: ", at its fastest"][start[8]] ?? ""
        let date = RFC3339.format(Timestamp(seconds: Int64(time)), fraction: false)
        return "gzip\(level)\(time == 0 ? "" : ", with the time \(date)")"
    }
}
