import Failure
import OCI

/// The block before a dm-verity tree that says how it was made.
///
/// [cryptsetup, "DMVerity"](https://gitlab.com/cryptsetup/cryptsetup/-/wikis/DMVerity), and the kernel's
/// [verity.rst](https://docs.kernel.org/admin-guide/device-mapper/verity.html)
struct VeritySuperblock: Equatable {
    /// Bytes of a data block and of a hash block: a page, as everybody has them.
    static let blockSize = 4096
    private static let signature = Array("verity\0\0".utf8)
    private static let largestSalt = 256

    /// How many data blocks the tree covers.
    var dataBlocks: UInt64
    /// What each block is hashed after.
    var salt: [UInt8]
    /// Sixteen bytes that name the tree.
    var uuid: [UInt8]

    init(dataBlocks: UInt64, salt: [UInt8], uuid: [UInt8]) {
        self.dataBlocks = dataBlocks
        self.salt = salt
        self.uuid = uuid
    }

    /// That of a tree whose salt is a digest, of which a UUID is made: the same image has to get the same tree.
    init(dataBlocks: UInt64, salt: Digest) {
        self.init(dataBlocks: dataBlocks, salt: salt.bytes, uuid: Digest(of: salt.bytes).uuid)
    }

    /// Reads one.
    ///
    /// - Throws: A ``Failure`` if it is none, or of a kind that is not supported.
    init(_ block: [UInt8]) throws {
        func number(_ range: Range<Int>) -> UInt64 { block[range].reversed().reduce(0) { $0 << 8 | UInt64($1) } }
        guard block.count == Self.blockSize, block.starts(with: Self.signature) else {
            throw Failure("there is no dm-verity tree after it")
        }
        let algorithm = block[32..<64].prefix { $0 != 0 }
        let saltSize = Int(number(80..<82))
        guard number(8..<12) == 1, number(12..<16) == 1, algorithm.elementsEqual("sha256".utf8),
            number(64..<68) == UInt64(Self.blockSize), number(68..<72) == UInt64(Self.blockSize),
            saltSize <= Self.largestSalt
        else {
            throw Failure("its dm-verity tree is not of hash type 1 with SHA-256 and blocks of 4096 bytes")
        }
        self.init(
            dataBlocks: number(72..<80), salt: Array(block[88..<88 + saltSize]), uuid: Array(block[16..<32]))
    }

    /// The block.
    var encoded: [UInt8] {
        var block = [UInt8](repeating: 0, count: Self.blockSize)
        func put(_ bytes: [UInt8], at offset: Int) {
            block.replaceSubrange(offset..<offset + bytes.count, with: bytes)
        }
        func put(_ number: UInt64, bytes: Int, at offset: Int) {
            put((0..<bytes).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }, at: offset)
        }
        put(Self.signature, at: 0)
        put(1, bytes: 4, at: 8)
        put(1, bytes: 4, at: 12)
        put(uuid, at: 16)
        put(Array("sha256".utf8), at: 32)
        put(UInt64(Self.blockSize), bytes: 4, at: 64)
        put(UInt64(Self.blockSize), bytes: 4, at: 68)
        put(dataBlocks, bytes: 8, at: 72)
        put(UInt64(salt.count), bytes: 2, at: 80)
        put(salt, at: 88)
        return block
    }
}
