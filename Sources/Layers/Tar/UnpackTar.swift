import Failure
import FileTree
import OCI

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
    try refuseOtherContent(unpacked.diffID, than: diffID)
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
    var writer = TreeWriter(root: root, options: options, bytesLimit: limit)
    let archive = try readArchive(
        stream, headerLimit: options.limits.header, checkpoint: options.checkpoint, finally: { try writer.finish() }
    ) { try writer.write($0, from: $1) }
    var report = writer.report
    report.bytes = archive.size
    return Unpacked(report: report, diffID: archive.diffID, isComplete: archive.isComplete)
}
