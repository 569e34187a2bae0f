import FileTree
import Layers
import OCI
import Roots
import SystemPackage

/// Finds out whether images that were built are still whole, as cheaply as that can be: what was read once, and nobody has
/// touched since, is not read again.
struct KnownImages {
    let layout: Layout
    let roots: RootsDirectory
    let digests: FileDigests

    /// What of an image is no longer there, in words; `nil` if it is whole.
    ///
    /// - Parameter entry: is told which blobs the image has.
    func loss(of type: LayerType, _ entry: inout BuildCache.Entry) throws -> String? {
        guard let descriptor = entry.manifests[type] else { return nil }
        guard let status = try layout.status(of: descriptor.digest, length: descriptor.size) else {
            return "its image is no longer in \(layout.path)"
        }
        guard let blobs = blobs(of: type, &entry, descriptor, status) else {
            // One that a crash of the machine spoilt is no error: building makes it anew.
            return "the manifest of its image in \(layout.path) is damaged"
        }
        for (place, blob) in blobs.enumerated() {
            guard let status = try layout.status(of: blob.digest, length: blob.size) else {
                return "a blob of its image is no longer in \(layout.path)"
            }
            if place > 0, isDamaged(blob, status) { return "blob \(blob.digest) of its image is damaged" }
        }
        return nil
    }

    /// The blobs that a manifest names, the config first; `nil` if it is damaged.
    private func blobs(
        of type: LayerType, _ entry: inout BuildCache.Entry, _ descriptor: Descriptor, _ status: FileStatus
    ) -> [BlobLength]? {
        let name = FileName(FilePath(descriptor.digest.hex))
        if let known = entry.blobs?[type] {
            let digest = try? digests.content(of: name, in: layout.blobs, status).digest
            return digest == descriptor.digest ? known : nil
        }
        guard let manifest = try? layout.manifest(descriptor) else { return nil }
        entry.note(manifest, type)
        return manifest.blobs.map { BlobLength(digest: $0.digest, size: $0.size) }
    }

    /// Whether a layer's blob is, of those that are unpacked.
    private func isDamaged(_ blob: BlobLength, _ status: FileStatus) -> Bool {
        if digests.knows(status, as: blob.digest) { return false }
        let descriptor = Descriptor(mediaType: .unknown, digest: blob.digest, size: blob.size)
        switch roots.condition(of: descriptor, in: layout) {
        case .whole:
            digests.note(status, blob.digest)
            return false
        case .damaged: return true
        case .unknown: return false
        }
    }
}
