import CSquashFS
import Failure
import Glibc

/// Reads the blocks of metadata in one part of an image, in order or from a place that a reference says. Whatever a
/// hostile image says, nothing outside that part is read.
struct SquashfsMetadataReader {
    private let file: SquashfsFile
    private let reader: SquashfsObject
    private let start: UInt64

    init(_ file: SquashfsFile, _ decompressor: SquashfsObject, in part: Range<UInt64>) throws {
        self.file = file
        start = part.lowerBound
        reader = try SquashfsObject(
            sqfs_meta_reader_create(file.pointer, decompressor.typed(), part.lowerBound, part.upperBound),
            uses: [file, decompressor])
    }

    /// Goes to what a reference means: a block after the start of the part, and an offset in what is in the block.
    func seek(_ reference: UInt64) throws {
        try file.check(sqfs_meta_reader_seek(reader.pointer, start &+ reference >> 16, Int(reference & 0xffff)))
    }

    /// Where the reader is, so that it can come back.
    var position: (block: UInt64, offset: Int) {
        var block: UInt64 = 0
        var offset = 0
        sqfs_meta_reader_get_position(reader.pointer, &block, &offset)
        return (block, offset)
    }

    /// Goes back.
    func seek(to position: (block: UInt64, offset: Int)) throws {
        try file.check(sqfs_meta_reader_seek(reader.pointer, position.block, position.offset))
    }

    /// Reads a structure of numbers, as it lies there.
    func read<Structure: BitwiseCopyable>(into structure: inout Structure) throws {
        try file.check(
            withUnsafeMutableBytes(of: &structure) { sqfs_meta_reader_read(reader.pointer, $0.baseAddress, $0.count) })
    }

    /// Reads bytes. The caller has made sure that they are not too many.
    func read(_ count: Int) throws -> [UInt8] {
        if count == 0 { return [] }
        return try [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            try file.check(sqfs_meta_reader_read(reader.pointer, buffer.baseAddress, count))
            initialized = count
        }
    }

    /// Reads the next name of a directory; `nil` at its end.
    func nextName(_ state: inout sqfs_readdir_state_t) throws -> (name: [UInt8], inode: UInt64)? {
        var entry: UnsafeMutablePointer<sqfs_dir_entry_t>?
        var reference: UInt64 = 0
        let result = try file.check(sqfs_meta_reader_readdir(reader.pointer, &state, &entry, nil, &reference))
        guard result == 0, let entry else { return nil }
        defer { sqfs_free(entry) }
        let name = UnsafeRawBufferPointer(
            start: UnsafeRawPointer(entry) + MemoryLayout<sqfs_dir_entry_t>.size, count: Int(entry.pointee.size) + 1)
        return (Array(name), reference)
    }
}
