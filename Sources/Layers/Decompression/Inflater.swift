import CZstd
import Failure
import FileTree

/// Turns the bytes of a blob into those of the archive in it.
protocol Inflater: AnyObject {
    /// Fills as much of `memory` as it can; less than all only at the end.
    func fill(_ memory: UnsafeMutableRawBufferPointer) throws -> Int
}

/// How an archive may be compressed.
enum ArchiveKind {
    /// A layer of an image: as the image spec has it.
    case layer
    /// A file that somebody names: also as distributions compress their root file systems.
    case file
}

/// How an archive is compressed, by its first bytes.
package enum ArchiveCompression: String, Sendable, Equatable {
    case none, gzip, zstd, xz, bzip2

    /// Looks at what `input` starts with. Media types are not asked: not a few registries get them wrong.
    init(_ input: BlobInput, _ kind: ArchiveKind) throws {
        let start = try input.peek(6)
        // A zstd frame, or a skippable frame before one.
        let isSkippable = start.count >= 4 && start[0] & 0xf0 == 0x50 && start[1..<4] == [0x2a, 0x4d, 0x18]
        if start.starts(with: gzipMagic) {
            self = .gzip
        } else if isSkippable || start.starts(with: [0x28, 0xb5, 0x2f, 0xfd]) {
            self = .zstd
        } else if kind == .file, start == [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00] {
            self = .xz
        } else if kind == .file, start.starts(with: "BZh".utf8) {
            self = .bzip2
        } else {
            self = .none
        }
    }
}

/// Makes the inflater for what is so compressed.
func makeInflater(_ input: BlobInput, _ compression: ArchiveCompression) throws -> any Inflater {
    switch compression {
    case .none: PlainInput(input)
    case .gzip: try makeGzipInflater(input)
    case .zstd: try ZstdInflater(input)
    case .xz: try XZInflater(input)
    case .bzip2: try Bzip2Inflater(input)
    }
}

/// No compression.
private final class PlainInput: Inflater {
    private let input: BlobInput

    init(_ input: BlobInput) {
        self.input = input
    }

    func fill(_ memory: UnsafeMutableRawBufferPointer) throws -> Int {
        var filled = 0
        while filled < memory.count, try input.refill() {
            let piece = UnsafeRawBufferPointer(rebasing: input.rest.prefix(memory.count - filled))
            UnsafeMutableRawBufferPointer(rebasing: memory[filled...]).copyMemory(from: piece)
            input.consume(piece.count)
            filled += piece.count
        }
        return filled
    }
}

/// zstd of one or many frames.
private final class ZstdInflater: Inflater {
    private let input: BlobInput
    private let handle: OpaquePointer
    private var isBetweenFrames = true

    init(_ input: BlobInput) throws {
        self.input = input
        guard let handle = ZSTD_createDCtx() else { throw Failure("no memory for a zstd decompressor") }
        self.handle = handle
    }

    deinit {
        ZSTD_freeDCtx(handle)
    }

    func fill(_ memory: UnsafeMutableRawBufferPointer) throws -> Int {
        var output = ZSTD_outBuffer(dst: memory.baseAddress, size: memory.count, pos: 0)
        while output.pos < output.size {
            // A frame whose input is all taken may still have output to give.
            let hasInput = try input.refill()
            if !hasInput, isBetweenFrames { break }
            let rest = input.rest
            let before = output.pos
            var piece = ZSTD_inBuffer(src: rest.baseAddress, size: rest.count, pos: 0)
            let result = ZSTD_decompressStream(handle, &output, &piece)
            guard ZSTD_isError(result) == 0 else {
                throw Failure("the zstd stream is damaged: \(String(cString: ZSTD_getErrorName(result)))")
            }
            input.consume(piece.pos)
            isBetweenFrames = result == 0
            if !hasInput, !isBetweenFrames, output.pos == before { throw Failure("the zstd stream is truncated") }
        }
        return output.pos
    }
}
