/// A tar as header blocks and what follows each, without any meaning: what a mutation takes apart and puts together.
struct RawTar {
    /// A header block, and its content without the zeros after it.
    struct Member {
        var header: [UInt8]
        var body: [UInt8] = []

        /// A member of any kind, in ustar's form.
        init(_ name: [UInt8], type: UInt8, body: [UInt8] = [], link: [UInt8] = []) {
            header = [UInt8](repeating: 0, count: 512)
            self.body = body
            put(Array(name.prefix(100)), .name)
            for field in [Field.mode, .uid, .gid, .time] { put(Array("0000644".utf8), field) }
            putOctal(UInt64(body.count), .size)
            header[156] = type
            put(Array(link.prefix(100)), .link)
            put(Array("ustar\u{0}00".utf8), .magic)
            seal()
        }

        init(header: [UInt8], body: [UInt8]) {
            (self.header, self.body) = (header, body)
        }

        var type: UInt8 { header[156] }

        /// Fills a field; the rest of it becomes zeros.
        mutating func put(_ bytes: [UInt8], _ field: Field) {
            let range = field.range
            header.replaceSubrange(
                range, with: bytes.prefix(range.count) + repeatElement(0, count: max(0, range.count - bytes.count)))
        }

        mutating func putOctal(_ number: UInt64, _ field: Field) {
            let digits = String(number, radix: 8)
            put(
                Array((String(repeating: "0", count: max(0, field.range.count - 1 - digits.count)) + digits).utf8),
                field)
        }

        /// As GNU tar writes what octal digits are too few for.
        mutating func putBinary(_ number: UInt64, _ field: Field, negative: Bool) {
            let count = field.range.count
            var bytes = [UInt8](repeating: negative ? 0xff : 0, count: count)
            for index in 0..<min(8, count - 1) {
                bytes[count - 1 - index] = UInt8(truncatingIfNeeded: number >> (8 * index))
            }
            bytes[0] = negative ? 0xff : 0x80
            put(bytes, field)
        }

        /// Makes the checksum right, so that a reader looks further.
        mutating func seal() {
            put(Array("        ".utf8), .checksum)
            let sum = header.reduce(0) { $0 + UInt64($1) }
            let digits = String(sum, radix: 8)
            put(Array((String(repeating: "0", count: 6 - min(6, digits.count)) + digits).utf8) + [0, 0x20], .checksum)
        }
    }

    /// The fields of a header block.
    enum Field: CaseIterable {
        case name, mode, uid, gid, size, time, checksum, type, link, magic, userName, groupName, major, minor, prefix
        case gnuSparse, gnuSparseMore, gnuRealSize

        var range: Range<Int> {
            switch self {
            case .name: 0..<100
            case .mode: 100..<108
            case .uid: 108..<116
            case .gid: 116..<124
            case .size: 124..<136
            case .time: 136..<148
            case .checksum: 148..<156
            case .type: 156..<157
            case .link: 157..<257
            case .magic: 257..<265
            case .userName: 265..<297
            case .groupName: 297..<329
            case .major: 329..<337
            case .minor: 337..<345
            case .prefix: 345..<500
            case .gnuSparse: 386..<482
            case .gnuSparseMore: 482..<483
            case .gnuRealSize: 483..<495
            }
        }
    }

    var members: [Member] = []

    init(members: [Member]) {
        self.members = members
    }

    /// Takes apart an archive that is whole.
    init(_ bytes: [UInt8]) {
        var place = 0
        while place + 512 <= bytes.count, bytes[place] != 0 {
            let header = Array(bytes[place..<place + 512])
            let size = header[124..<136].filter { (0x30...0x37).contains($0) }.reduce(0) { $0 << 3 | Int($1 - 0x30) }
            let end = min(bytes.count, place + 512 + size)
            members.append(Member(header: header, body: Array(bytes[place + 512..<end])))
            place = end + (512 - size % 512) % 512
        }
    }

    /// The archive, with its end.
    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        for member in members {
            bytes += member.header + member.body
            bytes += repeatElement(0, count: (512 - member.body.count % 512) % 512)
        }
        return bytes + repeatElement(0, count: 1024)
    }
}
