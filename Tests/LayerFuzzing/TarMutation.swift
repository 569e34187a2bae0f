/// Changes of a tar that know its format.
struct TarMutation {
    /// Names that an attacker would try. The last ones go to the canary, by its absolute path.
    let names: [[UInt8]]

    init(canary: String) {
        names =
            [
                "..", "../victim", "../../victim", "a/../../victim", ".", "/", "", "./", "//", "link/victim",
                "link/new",
                "link", "up/victim", "up/outside/victim", "up", "d/link", "d", "d/../..", ".wh.", ".wh..", ".wh...",
                ".wh..wh..opq", "link/.wh.victim", "up/.wh.outside", "../.wh.victim", "link/.wh..wh..opq",
                ".wh..wh.plnk",
                ".wh..wh.aufs/x", ".wh.d/x", "etc/passwd", "etc", "bin/sh", "linked", "..\u{0}x", "..\u{0}/victim",
                "victim\u{0}", "d/..\u{0}", "dev/sda", "new/a/b/c", canary, canary + "/victim",
                canary + "/outside/victim",
            ].map { Array($0.utf8) } + [[0xff, 0xfe], Array("../".utf8) + [0xff], Array("..\u{0}".utf8) + [0xff]]
            + [[UInt8](repeating: 0x78, count: 300), Array(String(repeating: "y/", count: 3000).utf8)]
    }

    private static let keys = [
        "path", "linkpath", "size", "uid", "gid", "mtime", "atime", "hdrcharset", "charset", "SCHILY.xattr.user.x",
        "SCHILY.xattr.user.overlay.opaque", "SCHILY.xattr.trusted.overlay.redirect", "SCHILY.xattr.security.capability",
        "SCHILY.xattr.system.posix_acl_access", "SCHILY.acl.access", "SCHILY.acl.default", "SCHILY.dev", "SCHILY.ino",
        "SCHILY.nlink", "SCHILY.realsize", "SCHILY.fflags", "SCHILY.devmajor", "SCHILY.devminor", "SUN.holesdata",
        "LIBARCHIVE.xattr.user.y", "LIBARCHIVE.symlinktype", "RHT.security.selinux", "GNU.sparse.major",
        "GNU.sparse.minor", "GNU.sparse.name", "GNU.sparse.realsize", "GNU.sparse.size", "GNU.sparse.map",
        "GNU.sparse.numblocks", "GNU.sparse.offset", "GNU.sparse.numbytes", "", "=", "mtime",
    ]
    private static let values = [
        "", "0", "1", "-1", "1.5", "-1.5", "-0.5", "1.9999999999999", "9223372036854775807", "9223372036854775808",
        "18446744073709551615", "-9223372036854775808", "1e9", "512", "4096", "4294967295", "4294967296", "0x10",
        "BINARY",
        "0,512,9223372036854775807,512", "0,1,0,1", "9223372036854775000,9223372036854775000", "1,2,3",
        "user::rwx,user:1:r--,group::r-x,mask::rwx,other::---", "user:::::,,,", " 0 1 2", "file", "\u{0}", "ü",
    ]

    func apply(to tar: inout RawTar, _ random: inout FuzzRandom) {
        guard !tar.members.isEmpty else { return }
        let index = random.below(tar.members.count)
        switch random.below(14) {
        case 0, 1, 2, 3: editField(&tar.members[index], &random)
        case 4, 5: insert(into: &tar, at: index, &random)
        case 6: tar.members.insert(random.pick(tar.members), at: index)
        case 7: tar.members.swapAt(index, random.below(tar.members.count))
        case 8: tar.members.remove(at: index)
        case 9, 10, 11: editRecords(&tar, &random)
        case 12: ByteMutation.apply(to: &tar.members[index].body, in: 0..<tar.members[index].body.count, &random)
        default:
            ByteMutation.apply(to: &tar.members[index].header, in: 0..<512, &random)
            // A header has its 512 bytes, or nothing after it would be one.
            tar.members[index].header += repeatElement(0, count: max(0, 512 - tar.members[index].header.count))
            tar.members[index].header.removeLast(tar.members[index].header.count - 512)
            if !random.oneIn(8) { tar.members[index].seal() }
        }
    }

    private func editField(_ member: inout RawTar.Member, _ random: inout FuzzRandom) {
        let field = random.pick(RawTar.Field.allCases)
        switch field {
        case .name, .link, .prefix: member.put(random.pick(names), field)
        case .type: member.header[156] = random.pick(Array("01234567xgXLKSDMNVA\u{0}".utf8))
        case .magic:
            member.put(
                random.pick([Array("ustar  \u{0}".utf8), Array("ustar\u{0}00".utf8), [], Array("ustar\u{0}tar".utf8)]),
                field)
        case .gnuSparse, .gnuSparseMore, .gnuRealSize:
            member.header[156] = UInt8(ascii: "S")
            member.put(Array("ustar  \u{0}".utf8), .magic)
            for entry in 0..<8 {
                let digits = String(
                    random.oneIn(2) ? UInt64(random.below(4096)) : random.pick(ByteMutation.numbers), radix: 8)
                let start = 386 + entry * 12
                member.header.replaceSubrange(
                    start..<start + 12,
                    with: (Array(digits.utf8.suffix(11)) + [UInt8](repeating: 0, count: 12)).prefix(12))
            }
            member.header[482] = UInt8(random.below(2))
            member.putOctal(
                random.oneIn(2) ? UInt64(random.below(1 << 20)) : random.pick(ByteMutation.numbers), .gnuRealSize)
        default:
            let number = random.oneIn(3) ? UInt64(random.below(5000)) : random.pick(ByteMutation.numbers)
            switch random.below(4) {
            case 0: member.putBinary(number, field, negative: random.oneIn(2))
            case 1: member.put(Array(random.pick(Self.values).utf8), field)
            default: member.putOctal(number, field)
            }
        }
        if !random.oneIn(16) { member.seal() }
    }

    /// Adds a member that is bad in itself.
    private func insert(into tar: inout RawTar, at index: Int, _ random: inout FuzzRandom) {
        let name = random.pick(names)
        let member: RawTar.Member
        switch random.below(9) {
        case 0: member = .init(name, type: UInt8(ascii: "0"), body: Array("evil".utf8))
        case 1: member = .init(name, type: UInt8(ascii: "5"))
        case 2: member = .init(name, type: UInt8(ascii: "2"), link: random.pick(names))
        case 3: member = .init(name, type: UInt8(ascii: "1"), link: random.pick(names))
        case 4: member = .init(Array("link".utf8), type: UInt8(ascii: "2"), link: Array("../outside".utf8))
        case 5: member = .init(Array("up".utf8), type: UInt8(ascii: "2"), link: Array("..".utf8))
        case 6: member = .init(Array("././@LongLink".utf8), type: random.pick(Array("LK".utf8)), body: name + [0])
        case 7: member = .init(name, type: random.pick(Array("346".utf8)))
        default:
            var records: [UInt8] = []
            for _ in 0..<1 + random.below(4) { records += record(&random) }
            member = .init(Array("pax".utf8), type: random.pick(Array("xxxxgX".utf8)), body: records)
        }
        tar.members.insert(member, at: index)
    }

    /// Changes an extended header, or adds one.
    private func editRecords(_ tar: inout RawTar, _ random: inout FuzzRandom) {
        let extended = tar.members.indices.filter { tar.members[$0].type == UInt8(ascii: "x") }
        guard !extended.isEmpty, !random.oneIn(3) else {
            return insert(into: &tar, at: random.below(tar.members.count), &random)
        }
        let index = random.pick(extended)
        switch random.below(4) {
        case 0: tar.members[index].body += record(&random)
        case 1: tar.members[index].body = record(&random) + tar.members[index].body
        case 2: tar.members[index].body = record(&random)
        default: ByteMutation.apply(to: &tar.members[index].body, in: 0..<tar.members[index].body.count, &random)
        }
        tar.members[index].putOctal(UInt64(tar.members[index].body.count), .size)
        tar.members[index].seal()
    }

    /// A record with a right length, but for once in a while.
    private func record(_ random: inout FuzzRandom) -> [UInt8] {
        let key = random.pick(Self.keys)
        let value: [UInt8] =
            key.contains("path") || key.hasSuffix("name") || random.oneIn(8)
            ? random.pick(names)
            : random.oneIn(40)
                ? [UInt8](repeating: 0x76, count: random.below(80_000)) : Array(random.pick(Self.values).utf8)
        let rest = Array(" \(key)=".utf8) + value + [0x0a]
        var length = rest.count + 1
        while String(length).utf8.count + rest.count > length { length += 1 }
        if random.oneIn(20) { return Array(random.pick(Self.values).utf8) + rest }
        return Array(String(length).utf8) + rest
    }
}
