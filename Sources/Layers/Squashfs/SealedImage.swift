import Dispatch
import FileTree
import Glibc
import OCI
import Synchronization

/// An image that is complete: padded, with its dm-verity tree if it is to have one, and hashed.
///
/// The superblock, which comes first, is known last, so that the blob is read once more: the digest in one thread and
/// the tree in another, both at the speed of SHA-256, which is many times that of the compression before.
struct SealedImage {
    let digest: Digest
    let size: Int64
    let rootHash: String?

    /// - Parameter tables: where in the file the tables of the squashfs are.
    init(_ file: OpenFile, tables: Range<UInt64>, verity: Bool) throws {
        let block = Int64(VeritySuperblock.blockSize)
        let dataSize = (Int64(tables.upperBound) + block - 1) / block * block
        // The block writer may have been further than the end before it found an equal.
        try checked(ftruncate(file.number, Int(dataSize)))
        let hasher = Mutex(DigestHasher())
        let failure = Mutex<(any Error)?>(nil)
        let hashing = DispatchGroup()
        DispatchQueue.global().async(group: hashing) {
            do {
                try hasher.withLock { hasher in
                    try file.forEachPiece(in: 0..<dataSize) { hasher.update($0) }
                }
            } catch {
                failure.withLock { $0 = error }
            }
        }
        defer { hashing.wait() }
        rootHash = verity ? try Self.appendTree(file, tables, dataSize) : nil
        hashing.wait()
        try failure.withLock { if let failure = $0 { throw failure } }
        size = verity ? dataSize + block * Int64(1 + VerityTree.blocks(over: UInt64(dataSize / block))) : dataSize
        var rest = hasher.withLock { $0 }
        try file.forEachPiece(in: dataSize..<size) { rest.update($0) }
        digest = rest.finish()
    }

    /// Salt and UUID follow from the superblock and the tables, which say the place and length of every block of
    /// content, its owner and its time: the same image gets the same tree.
    private static func appendTree(_ file: OpenFile, _ tables: Range<UInt64>, _ dataSize: Int64) throws -> String {
        let block = Int64(VeritySuperblock.blockSize)
        var hasher = DigestHasher()
        try file.forEachPiece(in: 0..<96) { hasher.update($0) }
        try file.forEachPiece(in: Int64(tables.lowerBound)..<Int64(tables.upperBound)) { hasher.update($0) }
        let salt = hasher.finish().bytes
        var uuid = Array(Digest(of: salt).bytes.prefix(16))
        // Version 8: of a kind of one's own. RFC 9562, section 5.8.
        uuid[6] = uuid[6] & 0x0f | 0x80
        uuid[8] = uuid[8] & 0x3f | 0x80
        let superblock = VeritySuperblock(dataBlocks: UInt64(dataSize / block), salt: salt, uuid: uuid)
        try superblock.encoded.withUnsafeBytes { try file.writeAll($0, at: dataSize) }
        var tree = VerityTree(superblock) { place, hashes in
            try hashes.withUnsafeBytes { try file.writeAll($0, at: dataSize + block * Int64(1 + place)) }
        }
        try file.forEachPiece(in: 0..<dataSize) { try tree.add($0) }
        return try tree.finish()
    }
}

extension Digest {
    /// The 32 bytes.
    fileprivate var bytes: [UInt8] {
        let digits = hex.utf8.map { $0 < 0x3a ? $0 - 0x30 : $0 - 0x61 + 10 }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}
