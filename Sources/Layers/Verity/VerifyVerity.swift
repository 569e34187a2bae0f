import Failure
import FileTree
import SystemPackage

/// The annotations that say the root hash of a layer's dm-verity tree.
package enum VerityAnnotation {
    /// The one that is written.
    package static let name = "io.stackeroci.stacker.atomfs_verity_root_hash"
    /// All that are read, the newest first.
    package static let names = [
        name, "io.stackeroci.stacker.squashfs_verity_root_hash", "com.cisco.stacker.squashfs_verity_root_hash",
    ]

    /// The root hash among a descriptor's annotations, if there is one.
    package static func rootHash(in annotations: [String: String]?) -> String? {
        names.lazy.compactMap { annotations?[$0] }.first
    }
}

/// Verifies an image against the root hash of the dm-verity tree that follows it: every block of data and of the tree,
/// as `veritysetup verify` does, in one pass and in little memory. No device mapper is needed.
///
/// - Parameter dataSize: where the image ends and the tree's superblock lies.
/// - Throws: A ``Failure`` that says what does not fit.
package func verifyVerity(
    _ image: OpenFile, dataSize: Int64, rootHash: String, checkpoint: () throws -> Void = {}
) throws {
    try attempt("couldn't verify its dm-verity tree") {
        let block = Int64(VeritySuperblock.blockSize)
        let superblock = try VeritySuperblock(image.readExactly(Int(block), at: dataSize))
        guard dataSize % block == 0, superblock.dataBlocks == UInt64(dataSize / block) else {
            throw Failure("it covers \(superblock.dataBlocks) blocks, but the image has \(dataSize / block)")
        }
        let size = try image.status().size
        guard Int64(VerityTree.blocks(over: superblock.dataBlocks)) <= (size - dataSize) / block - 1 else {
            throw Failure("it is truncated")
        }
        var tree = VerityTree(superblock) { place, hashes in
            if try image.readExactly(hashes.count, at: dataSize + block * Int64(1 + place)) != hashes {
                throw Failure("the image or the tree is damaged: block \(place) of the tree is another")
            }
        }
        try image.forEachPiece(in: 0..<dataSize) {
            try tree.add($0)
            try checkpoint()
        }
        let actual = try tree.finish()
        guard actual == rootHash.lowercased() else {
            throw Failure("its root hash is \(actual), but the annotation says \(rootHash)")
        }
    }
}
