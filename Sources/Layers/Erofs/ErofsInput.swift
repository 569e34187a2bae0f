import Failure
import FileTree

/// The bytes of an image, of which nothing beyond its end is read.
struct ErofsInput {
    let superblock: ErofsSuperblock
    private let file: OpenFile
    /// Where the image ends.
    private let end: Int64

    init(_ file: OpenFile, size: Int64) throws {
        self.file = file
        superblock = try ErofsSuperblock(file, size: size)
        end = Int64(superblock.blocks) * Int64(Erofs.blockSize)
    }

    /// Where the image ends and a dm-verity tree may follow.
    var size: Int64 { end }

    /// Bytes at a place in the image.
    ///
    /// - Throws: A ``Failure`` if they are not all within it.
    func read(_ count: Int, at offset: Int64) throws -> [UInt8] {
        try check(count, at: offset)
        return try file.readExactly(count, at: offset)
    }

    /// Fills `buffer` with the bytes at a place in the image.
    func read(_ buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws {
        try check(buffer.count, at: offset)
        try file.readExactly(buffer, at: offset)
    }

    private func check(_ count: Int, at offset: Int64) throws {
        guard offset >= 0, offset <= end, Int64(count) <= end - offset else {
            throw Failure("the erofs is damaged: something lies beyond its end")
        }
    }
}
