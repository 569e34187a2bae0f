import Failure
import FileTree
import Glibc
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

extension OpenFile {
    /// Reads bytes at `offset`.
    ///
    /// - Throws: A ``Failure`` if the file ends before.
    func readExactly(_ count: Int, at offset: Int64) throws -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            try readExactly(UnsafeMutableRawBufferPointer(buffer), at: offset)
            initialized = count
        }
    }

    /// Fills `buffer` with the bytes at `offset`.
    func readExactly(_ buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws {
        var done = 0
        while done < buffer.count {
            let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
            let result = pread(number, piece.baseAddress, piece.count, Int(offset) + done)
            if result < 0, errno == EINTR { continue }
            if try checked(result) == 0 { throw Failure("the file is truncated") }
            done += result
        }
    }

    /// Reads a part of the file in pieces of a mebibyte, the last one shorter.
    func forEachPiece(in range: Range<Int64>, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        let chunk = Chunk(capacity: 1 << 20)
        var offset = range.lowerBound
        while offset < range.upperBound {
            chunk.count = Int(min(Int64(chunk.memory.count), range.upperBound - offset))
            try readExactly(UnsafeMutableRawBufferPointer(rebasing: chunk.memory[..<chunk.count]), at: offset)
            try body(chunk.bytes)
            offset += Int64(chunk.count)
        }
    }
}
