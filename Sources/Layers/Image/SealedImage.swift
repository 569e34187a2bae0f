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

    /// - Parameters:
    ///   - used: the length of the image before it is padded.
    ///   - salt: for a dm-verity tree, what its salt and UUID are made of: the same image has to get the same tree;
    ///     `nil` if it is to have none.
    init(_ file: OpenFile, used: UInt64, salt: Digest?) throws {
        let block = Int64(VeritySuperblock.blockSize)
        let dataSize = (Int64(used) + block - 1) / block * block
        // The block writer may have been further than the end before it found an equal.
        try checked(ftruncate(file.number, Int(dataSize)), at: file.place)
        let hasher = Mutex(DigestHasher())
        let failure = Mutex<(any Error)?>(nil)
        let hashing = DispatchGroup()
        // A queue of its own has a thread at once, where the global ones wait while all processors are at work.
        DispatchQueue(label: "image digest").async(group: hashing) {
            do {
                try hasher.withLock { hasher in
                    try file.forEachPiece(in: 0..<dataSize) { hasher.update($0) }
                }
            } catch {
                failure.withLock { $0 = error }
            }
        }
        defer { hashing.wait() }
        rootHash = try salt.map { try Self.appendTree(file, salt: $0, dataSize) }
        hashing.wait()
        try failure.withLock { if let failure = $0 { throw failure } }
        let treeBlocks = salt == nil ? 0 : 1 + VerityTree.blocks(over: UInt64(dataSize / block))
        size = dataSize + block * Int64(treeBlocks)
        var rest = hasher.withLock { $0 }
        try file.forEachPiece(in: dataSize..<size) { rest.update($0) }
        digest = rest.finish()
    }

    private static func appendTree(_ file: OpenFile, salt: Digest, _ dataSize: Int64) throws -> String {
        let block = Int64(VeritySuperblock.blockSize)
        let superblock = VeritySuperblock(dataBlocks: UInt64(dataSize / block), salt: salt)
        try superblock.encoded.withUnsafeBytes { try file.writeAll($0, at: dataSize) }
        var tree = VerityTree(superblock) { place, hashes in
            try hashes.withUnsafeBytes { try file.writeAll($0, at: dataSize + block * Int64(1 + place)) }
        }
        try file.forEachPiece(in: 0..<dataSize) { try tree.add($0) }
        return try tree.finish()
    }
}

extension SealedImage {
    /// The layer that it is.
    func layer(_ mediaType: MediaType, entries: Int) -> EncodedLayer {
        let annotations = rootHash.map { [VerityAnnotation.name: $0] }
        let descriptor = Descriptor(mediaType: mediaType, digest: digest, size: size, annotations: annotations)
        return EncodedLayer(descriptor: descriptor, diffID: digest, entries: entries)
    }
}
