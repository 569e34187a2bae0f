import OCI
import Testing

@testable import Layers

@Suite("Layers: the block before a dm-verity tree")
struct VeritySuperblockTests {
    private static let uuid = Array(1...16 as ClosedRange<UInt8>)

    @Test("a salt may have 256 bytes, the most that the kernel takes, and none", arguments: [0, 1, 32, 256])
    func salts(length: Int) throws {
        let salt = (0..<length).map { UInt8(truncatingIfNeeded: $0) }
        let superblock = VeritySuperblock(dataBlocks: 1 << 40 + 5, salt: salt, uuid: Self.uuid)
        #expect(try VeritySuperblock(superblock.encoded) == superblock)
    }

    @Test("what is of another kind is refused", arguments: [0, 8, 12, 32, 38, 64, 65, 68, 69, 81])
    func otherKinds(place: Int) throws {
        var block = VeritySuperblock(dataBlocks: 3, salt: [1], uuid: Self.uuid).encoded
        block[place] ^= 2
        #expect(throws: (any Error).self) { try VeritySuperblock(block) }
    }

    @Test("a salt that is longer than 256 bytes is refused, and so is half a block")
    func tooLong() throws {
        let salt = [UInt8](repeating: 1, count: 257)
        let block = VeritySuperblock(dataBlocks: 3, salt: salt, uuid: Self.uuid).encoded
        #expect(throws: (any Error).self) { try VeritySuperblock(block) }
        #expect(throws: (any Error).self) { try VeritySuperblock(Array(block[..<2048])) }
    }
}
