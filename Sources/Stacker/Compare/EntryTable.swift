import Failure
import FileTree
import Glibc
import Host
import Layers
import OCI

/// What is kept of the entries of one side: what each is, the digest of its content, and nothing of the content itself. A
/// row takes little more than its path.
struct EntryTable: Sendable {
    /// The entries in the order in which they came.
    private(set) var rows: [Row] = []
    /// Paths, targets and digests, one after the other.
    private var bytes: [UInt8] = []
    private var attributes: [[ExtendedAttribute]] = []
    private var sums: [UInt64] = []
    private var attributeBytes = 0

    /// One entry.
    struct Row: Sendable {
        var path: Range<Int>
        /// Of a symlink its target, of a hard link the path that it is another name of, of a regular file the digest.
        var detail: Range<Int>
        var kind: EntryKind
        var permissions: UInt16
        var uid: UInt32?
        var gid: UInt32?
        var size: Int64
        var modified: Timestamp
        var device: UInt64
        /// Which of the attributes are its; `nil` for none.
        var attributes: Int?
        /// Of what was read up to the end of each piece, for content that is longer than one.
        var sums: Range<Int>
    }

    /// Content is told apart by pieces of this length.
    static let pieceSize = 1 << 20
    /// The most bytes that are kept of one side.
    private static let limit = 512 << 20

    /// Adds an entry, and reads its content to the end.
    mutating func add(_ entry: ListedEntry, _ content: ListedContent) throws {
        let path = append(entry.path)
        var detail = bytes.count..<bytes.count
        let firstSum = sums.count
        var device: UInt64 = 0
        switch entry.kind {
        case .symlink(let target): detail = append(target)
        case .hardLink(let first): detail = append(first)
        case .characterDevice(let number), .blockDevice(let number): device = UInt64(number)
        case .regular: detail = append(try digest(content, size: entry.size))
        default: break
        }
        var place: Int?
        if !entry.attributes.isEmpty {
            place = attributes.count
            attributes.append(entry.attributes.sorted { $0.name < $1.name })
            attributeBytes += entry.attributes.reduce(0) { $0 + $1.name.bytes.count + $1.value.count + 128 }
        }
        rows.append(
            Row(
                path: path, detail: detail, kind: EntryKind(entry.kind),
                permissions: UInt16(entry.permissions & 0o7777),
                uid: entry.uid, gid: entry.gid, size: entry.size, modified: entry.modified, device: device,
                attributes: place, sums: firstSum..<sums.count))
        let kept = bytes.count + attributeBytes + sums.count * 8 + rows.count * MemoryLayout<Row>.stride
        guard kept <= Self.limit else {
            throw Failure(
                "the names and attributes of its entries need more than \(Self.limit) bytes",
                help:
                    "that is more than \(rows.count) entries: split the layer, or compare what is of interest as directories"
            )
        }
    }

    private mutating func append(_ more: [UInt8]) -> Range<Int> {
        let start = bytes.count
        bytes += more
        return start..<bytes.count
    }

    /// The digest of all content. Holes are zeros.
    private mutating func digest(_ content: ListedContent, size: Int64) throws -> [UInt8] {
        var hash = PiecewiseHash(keepsSums: size > Self.pieceSize)
        try content.readAll(size: size, checkpoint: StopSignal.check) { hash.update($0) }
        sums += hash.sums
        return hash.finish()
    }

    // MARK: - What is in a row

    func path(_ row: Row) -> ArraySlice<UInt8> { bytes[row.path] }
    func detail(_ row: Row) -> ArraySlice<UInt8> { bytes[row.detail] }
    func attributes(_ row: Row) -> [ExtendedAttribute] { row.attributes.map { attributes[$0] } ?? [] }
    func sums(_ row: Row) -> ArraySlice<UInt64> { sums[row.sums] }

    /// Where the rows stand that come one after the other when directories come before what is in them, and names by their
    /// bytes. Of one path, that of an opaque directory's mark is the last, else the order is the one in which they came.
    func sorted() -> [Int32] {
        var order = rows.indices.map { Int32($0) }
        bytes.withUnsafeBufferPointer { bytes in
            func precedes(_ one: Int32, _ other: Int32) -> Bool {
                let (left, right) = (rows[Int(one)], rows[Int(other)])
                let difference = comparePaths(
                    UnsafeBufferPointer(rebasing: bytes[left.path]), UnsafeBufferPointer(rebasing: bytes[right.path]))
                if difference != 0 { return difference < 0 }
                if left.kind.isMark != right.kind.isMark { return right.kind.isMark }
                return one < other
            }
            let isSorted = zip(order, order.dropFirst()).allSatisfy { !precedes($1, $0) }
            if !isSorted { order.sort(by: precedes) }
        }
        return order
    }

    /// Orders paths of two tables in the same way.
    static func compare(_ one: ArraySlice<UInt8>, _ other: ArraySlice<UInt8>) -> Int {
        one.withUnsafeBufferPointer { one in other.withUnsafeBufferPointer { comparePaths(one, $0) } }
    }
}

/// Orders paths by their bytes, but that the slash comes before all else: a directory is followed by what is in it.
private func comparePaths(_ one: UnsafeBufferPointer<UInt8>, _ other: UnsafeBufferPointer<UInt8>) -> Int {
    let common = min(one.count, other.count)
    var place = 0
    while place < common, one[place] == other[place] { place += 1 }
    if place == common { return one.count - other.count }
    let slash = UInt8(ascii: "/")
    let (left, right) = (one[place], other[place])
    if left == slash { return -1 }
    if right == slash { return 1 }
    return Int(left) - Int(right)
}

/// What an entry is, without what belongs to it.
enum EntryKind: String, Sendable, Encodable {
    case directory, file, symlink
    case hardLink = "hard link"
    case characterDevice = "character device"
    case blockDevice = "block device"
    case opaque = "opaque mark"
    case unknown = "of no known kind"
    case fifo, socket, whiteout

    init(_ kind: ListedEntry.Kind) {
        self =
            switch kind {
            case .directory: .directory
            case .regular: .file
            case .symlink: .symlink
            case .hardLink: .hardLink
            case .characterDevice: .characterDevice
            case .blockDevice: .blockDevice
            case .fifo: .fifo
            case .socket: .socket
            case .whiteout: .whiteout
            case .opaque: .opaque
            case .unknown: .unknown
            }
    }

    /// Whether it stands beside the entry of the same path.
    var isMark: Bool { self == .opaque }
    /// Whether its mode, owner and times mean nothing.
    var hidesOnly: Bool { self == .whiteout || self == .opaque }
}
