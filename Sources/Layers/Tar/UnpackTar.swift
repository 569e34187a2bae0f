import Failure
import FileTree
import Glibc
import OCI
import SystemPackage

/// Unpacks a layer that is a tar, and checks the blob and the archive in it.
func unpackArchive(
    _ input: BlobInput, _ descriptor: Descriptor, diffID: Digest, into root: Directory, _ options: UnpackOptions
) throws -> UnpackReport {
    let interruption = Interruption(options.checkpoint)
    var options = options
    options.checkpoint = interruption.checkpoint
    let unpacked = try verifyingBlob({ try verify(input, descriptor) }, unless: { interruption.happened }) {
        try unpack(input, .layer, blobSize: descriptor.size, into: root, options)
    }
    guard unpacked.diffID == diffID else {
        throw Failure("its content has digest \(unpacked.diffID), but the image config says \(diffID)")
    }
    return unpacked.report
}

/// Unpacks a tar file of which nothing is known into the directory `root`, as ``unpackLayer(_:_:diffID:into:options:)``
/// does with a layer; it may also be compressed with xz or bzip2. Whiteouts in it are left out, unless `options` say
/// otherwise. What follows its end is passed over, as GNU tar does.
///
/// - Throws: A ``Failure``; also if the archive has no end, as after a download that was cut off.
package func unpackTarFile(
    _ file: OpenFile, into root: Directory, options: UnpackOptions = .treeThatStandsAlone
) throws -> UnpackReport {
    let status = try file.status()
    if status.kind == .directory { throw Failure("it is a directory, not a tar archive") }
    let input = BlobInput(file, hashes: false)
    let unpacked = try unpack(input, .file, blobSize: status.size, into: root, options)
    if unpacked.report.bytes == 0 { throw Failure("it is not a tar archive: there is nothing in it") }
    guard unpacked.isComplete else { throw Failure("the tar archive is truncated: its end is missing") }
    return unpacked.report
}

private struct Unpacked {
    var report: UnpackReport
    var diffID: Digest
    var isComplete: Bool
}

private func unpack(
    _ input: BlobInput, _ kind: ArchiveKind, blobSize: Int64, into root: Directory, _ options: UnpackOptions
) throws -> Unpacked {
    let limit = try options.limits.bytes ?? root.file.freeSpace()
    let stream = try ArchiveStream(input, kind, blobSize: blobSize, limit: limit, on: options.processors)
    // Its threads must have ended before the input is used again.
    defer { stream.stop() }
    return try withBytesAsNames {
        var writer = TreeWriter(root: root, options: options, bytesLimit: limit)
        let reader = try TarReader(stream, headerLimit: options.limits.header, checkpoint: options.checkpoint)
        while let entry = try reader.next() { try writer.write(entry, from: reader) }
        let isComplete = try reader.drain()
        try writer.finish()
        let (diffID, size) = stream.finish()
        var report = writer.report
        report.bytes = size
        return Unpacked(report: report, diffID: diffID, isComplete: isComplete)
    }
}

/// Reads the blob to its end and compares it with what was asked for.
private func verify(_ input: BlobInput, _ descriptor: Descriptor) throws {
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
