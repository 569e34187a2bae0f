import Failure
import FileTree

/// The keywords of pax records that are read here, and not by libarchive alone.
enum PaxKeyword: String {
    case path, uid, gid, size
    case linkPath = "linkpath"
    case modified = "mtime"
    /// What a sparse file is called, whose `path` is made up.
    case sparsePath = "GNU.sparse.name"
    case sparseMajor = "GNU.sparse.major"
    case sparseMinor = "GNU.sparse.minor"
    case sparseCount = "GNU.sparse.numblocks"
    case sparseMap = "GNU.sparse.map"
    /// Of each piece there is one of these, and one of the next.
    case sparseOffset = "GNU.sparse.offset"
    case sparseLength = "GNU.sparse.numbytes"

    init?(_ bytes: PaxParsing.Bytes) { self.init(rawValue: String(decoding: bytes, as: UTF8.self)) }

    /// Refuses a value that its keyword does not have. An empty one takes back what was said before.
    func check(_ value: PaxParsing.Bytes) throws {
        let isSound =
            switch self {
            case .modified: Timestamp(decimal: Array(value)) != nil
            case .uid, .gid: Self.owner(value) != nil
            case .size: TarNumber.readDecimal(value) != nil
            default: true
            }
        guard isSound || value.isEmpty else {
            throw Failure("its extended header says the \(rawValue) \(shown(path: value)), which is none")
        }
    }

    /// An owner's number; it may be any, also one that Linux does not have.
    static func owner(_ value: PaxParsing.Bytes) -> Int64? {
        value.first == UInt8(ascii: "-")
            ? TarNumber.readDecimal(value.dropFirst()).map { -$0 } : TarNumber.readDecimal(value)
    }
}
