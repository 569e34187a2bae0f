import Failure
import FileTree
import Glibc
import OCI
import SystemPackage

/// What an archive was in all.
struct ReadArchive {
    var diffID: Digest
    /// Its length, uncompressed.
    var size: Int64
    /// Whether it has an end.
    var isComplete: Bool
}

/// Reads an archive to its end, and gives its entries.
///
/// - Parameters:
///   - headerLimit: longer headers of one entry are refused.
///   - finally: what is done after the last entry.
///   - each: gets each entry, and what gives its content until the next one.
func readArchive(
    _ stream: ArchiveStream, headerLimit: Int, checkpoint: @escaping () throws -> Void,
    finally: () throws -> Void = {}, _ each: (TarEntry, TarReader) throws -> Void
) throws -> ReadArchive {
    // Its threads must have ended before the input is used again.
    defer { stream.stop() }
    return try withBytesAsNames {
        let reader = try TarReader(stream, headerLimit: headerLimit, checkpoint: checkpoint)
        while let entry = try reader.next() { try each(entry, reader) }
        let isComplete = try reader.drain()
        try finally()
        let (diffID, size) = stream.finish()
        return ReadArchive(diffID: diffID, size: size, isComplete: isComplete)
    }
}

/// Reads the blob to its end and compares it with what was asked for.
func verify(_ input: BlobInput, _ descriptor: Descriptor) throws {
    let digest = try input.finish()
    if input.size != descriptor.size {
        throw Failure("the blob is \(input.size) bytes long, but its descriptor says \(descriptor.size)")
    }
    if let digest, digest != descriptor.digest { throw Failure("the blob is damaged: its digest is \(digest)") }
}

/// Runs `body` in this thread with the one locale that every C library has built in.
///
/// In a UTF-8 locale libarchive composes characters in names, which makes other names of them. Here it says of each name
/// that is not ASCII that it can't convert it, and ``TarReader`` reads the name's bytes by itself.
private func withBytesAsNames<Result>(_ body: () throws -> Result) throws -> Result {
    guard let locale = newlocale(LC_CTYPE_MASK, "C", nil) else {
        throw Failure("the C library has no locale C", because: Errno(rawValue: errno))
    }
    let previous = uselocale(locale)
    defer {
        uselocale(previous)
        freelocale(locale)
    }
    return try body()
}
