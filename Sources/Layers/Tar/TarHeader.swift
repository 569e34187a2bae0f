import CSyscalls
import FileTree
import Glibc

/// One entry of a pax archive: a ustar header, and before it an extended header with only those records that the ustar
/// header has no room for. Encoded here and not by a library: the bytes, and with them the digests of layers, must not
/// depend on a library's version.
///
/// [pax, "ustar Interchange Format"](https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html)
struct TarHeader {
    /// The `typeflag` field.
    enum Kind: UInt8 {
        case regular = 0x30, hardLink, symlink, characterDevice, blockDevice, directory, fifo
        case extended = 0x78
    }

    var path: [UInt8]
    var kind: Kind
    var permissions: mode_t = 0
    var uid: uid_t = 0
    var gid: gid_t = 0
    var size: Int64 = 0
    var modified = Timestamp(seconds: 0)
    var linkTarget: [UInt8] = []
    var device: dev_t = 0
    var attributes: [ExtendedAttribute] = []

    static let blockSize = 512

    /// The blocks of the entry up to its content.
    func encoded() -> [UInt8] {
        var records = PaxRecords()
        var binary = false
        let name = UstarName(path)
        if name == nil { records.addPath("path", path, announced: &binary) }
        if !fits(linkTarget, 100) { records.addPath("linkpath", linkTarget, announced: &binary) }
        if size > Self.octal11 { records.add("size".utf8, String(size).utf8) }
        if uid > Self.octal7 { records.add("uid".utf8, String(uid).utf8) }
        if gid > Self.octal7 { records.add("gid".utf8, String(gid).utf8) }
        let timeFits = modified.nanoseconds == 0 && (0...Self.octal11).contains(modified.seconds)
        if !timeFits { records.add("mtime".utf8, modified.decimal.utf8) }
        for attribute in attributes { records.add(PaxRecords.attributeKey(attribute.name), attribute.value) }

        let header = ustar(name ?? UstarName(shortened: path), timeFits: timeFits)
        if records.isEmpty { return header }
        let base = path.split(separator: slash).last ?? []
        var extended = TarHeader(path: [], kind: .extended, permissions: 0o644)
        extended.size = Int64(records.bytes.count)
        var blocks = extended.ustar(UstarName(shortened: Array("PaxHeaders.0/".utf8) + base), timeFits: true)
        blocks += records.bytes
        blocks += repeatElement(0, count: Self.padding(Int64(records.bytes.count)))
        return blocks + header
    }

    /// How many zeros follow content of `size` bytes.
    static func padding(_ size: Int64) -> Int {
        Int((Int64(blockSize) - size % Int64(blockSize)) % Int64(blockSize))
    }

    // MARK: - The ustar block

    /// The greatest numbers of seven and eleven octal digits.
    private static let octal7: Int64 = 0o7777777
    private static let octal11: Int64 = 0o77777777777

    /// Values that the fields cannot hold are left at zero: the extended header has them.
    private func ustar(_ name: UstarName, timeFits: Bool) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: Self.blockSize)
        block.put(name.name, at: 0)
        block.putOctal(Int64(permissions & 0o7777), at: 100, digits: 7)
        block.putOctal(Int64(uid) > Self.octal7 ? 0 : Int64(uid), at: 108, digits: 7)
        block.putOctal(Int64(gid) > Self.octal7 ? 0 : Int64(gid), at: 116, digits: 7)
        block.putOctal(size > Self.octal11 ? 0 : size, at: 124, digits: 11)
        block.putOctal(timeFits ? modified.seconds : 0, at: 136, digits: 11)
        block.put("        ".utf8, at: 148)
        block[156] = kind.rawValue
        block.put(fits(linkTarget, 100) ? linkTarget[...] : ascii(linkTarget, 100), at: 157)
        block.put("ustar\u{0}00".utf8, at: 257)
        if kind == .characterDevice || kind == .blockDevice {
            block.putOctal(Int64(stacker_major(device)), at: 329, digits: 7)
            block.putOctal(Int64(stacker_minor(device)), at: 337, digits: 7)
        }
        block.put(name.prefix, at: 345)
        let sum = block.reduce(0) { $0 + Int64($1) }
        block.putOctal(sum, at: 148, digits: 6)
        block[154] = 0
        return block
    }
}

/// A path as the ustar header's `name` and `prefix` fields hold it: ASCII, at most 100 and 155 bytes.
private struct UstarName {
    var prefix: ArraySlice<UInt8> = []
    var name: ArraySlice<UInt8>

    /// `nil` if the path does not fit.
    init?(_ path: [UInt8]) {
        if fits(path, 100) {
            name = path[...]
            return
        }
        guard fits(path, 256) else { return nil }
        // The slash between the two fields is not stored; a directory's own slash at the end does not count.
        let last = path.count - 1
        guard let cut = path.indices.first(where: { path[$0] == slash && $0 > 0 && $0 < last && last - $0 <= 100 }),
            cut <= 155
        else { return nil }
        prefix = path[..<cut]
        name = path[(cut + 1)...]
    }

    /// What stands in the header beside the extended header's true path.
    init(shortened path: [UInt8]) {
        name = ascii(path, 100)
    }
}

/// Whether a field of `limit` bytes can hold the text: ASCII alone means the same to every reader.
private func fits(_ text: [UInt8], _ limit: Int) -> Bool {
    text.count <= limit && text.allSatisfy { $0 < 0x80 }
}

private func ascii(_ text: [UInt8], _ limit: Int) -> ArraySlice<UInt8> {
    text.map { $0 < 0x80 ? $0 : UInt8(ascii: "?") }.prefix(limit)
}

extension [UInt8] {
    fileprivate mutating func put(_ bytes: some Collection<UInt8>, at offset: Int) {
        replaceSubrange(offset..<offset + bytes.count, with: bytes)
    }

    fileprivate mutating func putOctal(_ value: Int64, at offset: Int, digits: Int) {
        var rest = value
        for index in stride(from: offset + digits - 1, through: offset, by: -1) {
            self[index] = UInt8(ascii: "0") + UInt8(rest & 7)
            rest >>= 3
        }
    }
}
