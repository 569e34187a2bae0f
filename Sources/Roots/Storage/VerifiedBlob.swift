import FileTree
import Glibc
import OCI
import SystemPackage

/// Which file a blob was when its digest was checked: as long as it is the same, it need not be hashed again.
package struct VerifiedBlob: Codable, Equatable {
    var device: UInt64
    var inode: UInt64
    var size: Int64
    var modified: Timestamp

    /// The file that looks like this.
    package init(_ status: FileStatus) {
        device = UInt64(status.device)
        inode = UInt64(status.inode)
        size = status.size
        modified = status.modified
    }

    /// What is remembered of a blob: it may be in several layouts.
    package static func encoded(_ blobs: [VerifiedBlob]) throws -> [UInt8] { try JSON.encode(Array(blobs.prefix(4))) }
}

extension RootsDirectory {
    /// Whether a blob is what its name says. One that was hashed when its layer was unpacked or written, or here, and has
    /// not been touched since, is not read again.
    package func isWhole(_ blob: Descriptor, in layout: Layout) throws -> Bool {
        let file = try? layout.open(blob)
        if let file, try hasVerified(file, of: blob.digest) { return true }
        guard try layout.isWhole(blob) else { return false }
        if let file { try noteVerified(file, of: blob.digest) }
        return true
    }

    /// What is known of a blob.
    package enum BlobCondition {
        case whole, damaged, unknown
    }

    /// Whether a blob whose layer is unpacked is what its name says. Of others, whoever unpacks them finds out.
    package func condition(of blob: Descriptor, in layout: Layout) -> BlobCondition {
        guard recordPlace(of: blob.digest) != nil, let isWhole = try? isWhole(blob, in: layout) else { return .unknown }
        return isWhole ? .whole : .damaged
    }

    /// Remembers of a blob whose layer is unpacked that this very file has been hashed.
    package func noteVerified(_ blob: OpenFile, of digest: Digest) throws {
        guard let (directory, name) = recordPlace(of: digest) else { return }
        let verified = try VerifiedBlob(blob.status())
        let others = records(in: directory, name).filter { $0 != verified }
        try directory.replaceFile(name, with: VerifiedBlob.encoded([verified] + others))
    }

    /// Whether this very file is one that was hashed.
    package func hasVerified(_ blob: OpenFile, of digest: Digest) throws -> Bool {
        guard let (directory, name) = recordPlace(of: digest) else { return false }
        return try records(in: directory, name).contains(VerifiedBlob(blob.status()))
    }

    private func records(in directory: Directory, _ name: FilePath) -> [VerifiedBlob] {
        guard let bytes = try? directory.readFile(name, limit: 4096) else { return [] }
        return (try? JSON.decode([VerifiedBlob].self, from: bytes)) ?? []
    }

    /// Where that is kept: beside the layer's content, which a layer of another type may have under its name, too.
    private func recordPlace(of digest: Digest) -> (Directory, FilePath)? {
        guard let status = try? directory.status(digest.directoryName),
            let content = try? directory.open(digest.directoryName, O_RDONLY | O_DIRECTORY)
        else { return nil }
        return (Directory(content), status.kind == .symlink ? FilePath("blob-\(digest.hex)") : "blob")
    }
}
