import Layers
import OCI

/// A directory of a layer's storage that has become a layer of images.
package struct EncodedDirectory: Sendable {
    /// The overlay dir; `nil` for the upperdir.
    package var overlayDirectory: String?
    /// The blob of each type; none if there was nothing in it.
    package var blobs: [EncodedLayer]

    /// Says what a directory was encoded as.
    package init(overlayDirectory: String? = nil, blobs: [EncodedLayer]) {
        self.overlayDirectory = overlayDirectory
        self.blobs = blobs
    }
}

// First the metadata are written, then directories move: a layer whose metadata name content that is not there is built
// anew; one whose upperdir is gone without a trace would be taken for one that changed nothing.
extension LayerDirectory {
    /// Writes what has become of the layer, and moves its directories to where layers are.
    ///
    /// There is one copy on disk, however many types: the first type's digest names the directory, the others are symlinks
    /// to it.
    ///
    /// - Parameter layout: has the blobs, which have just been written.
    /// - Returns: the digest of the metadata.
    @discardableResult
    package func commit(
        _ metadata: OverlayMetadata, _ directories: [EncodedDirectory], from layout: Layout
    ) throws -> Digest {
        let written = try write(metadata)
        for directory in directories {
            guard let first = directory.blobs.first?.descriptor.digest else { continue }
            let isNew =
                try directory.overlayDirectory.map { try moveOverlayDirectory($0, to: first) }
                ?? moveUpperdir(to: first)
            for other in directory.blobs.dropFirst() {
                try roots.link(other.descriptor.digest, to: first, mending: isNew)
            }
            for blob in directory.blobs.map(\.descriptor) {
                try roots.noteVerified(layout.open(blob), of: blob.digest)
            }
        }
        return written
    }

    /// Writes what has become of the layer, which was merged with build_only layers below it. What was merged stays where
    /// it is, as parts of the new layer's content: whatever is built on it has them below.
    ///
    /// - Parameters:
    ///   - blobs: what they became, in each type.
    ///   - images: the layers of the images of these types.
    /// - Returns: the digest of the metadata.
    package func commit(
        _ metadata: OverlayMetadata, _ run: BuildOnlyRun, _ blobs: [EncodedLayer], of images: [[Descriptor]]
    ) throws -> Digest {
        let written = try write(metadata)
        guard let first = blobs.first?.descriptor.digest, let image = images.first else { return written }
        if try roots.contentOfTop(of: image) == nil {
            let merged = MergedLayer(try run.keep(), over: images.map { MergedLayer.base($0.dropLast()) })
            let temporary = try roots.makeTemporary()
            try merged.write(to: roots.directory.directory(temporary))
            try roots.install(temporary, as: first)
        }
        try clearUpperdir()
        for other in blobs.dropFirst() { try roots.link(other.descriptor.digest, to: first) }
        return written
    }
}
