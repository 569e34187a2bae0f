import Host
import OCI
import SystemPackage

/// Copies images of one layout to another.
final class LayoutCopies {
    private let writer: LayoutWriter
    private let source: Layout
    private let log: Log
    /// The blobs of which it is known that they are there, and whole: images have them in common.
    private var whole: Set<Digest> = []

    init(to path: FilePath, from source: Layout, log: Log) throws {
        writer = try LayoutWriter(openingOrCreating: path, checkpoint: { try StopSignal.check() })
        self.source = source
        self.log = log
    }

    /// Copies an image that the other layout does not have, and gives it a tag there.
    func copy(_ descriptor: Descriptor, as tag: String) throws {
        let manifest = try source.manifest(descriptor)
        for blob in manifest.blobs + [descriptor] where !whole.contains(blob.digest) {
            try StopSignal.check()
            try bring(blob)
            whole.insert(blob.digest)
        }
        try writer.setEntries([(tag, descriptor)])
    }

    private func bring(_ blob: Descriptor) throws {
        let layout = writer.layout
        let isThere = try layout.holds(blob)
        if try isThere && layout.isWhole(blob) { return }
        if isThere { log.warn("blob \(blob.digest) in \(layout.path) is damaged; it is replaced") }
        try log.progress.following(.blob(blob.digest.description), total: blob.size) { watched in
            try writer.adopt(blob, from: source, replacing: isThere) { watched.advance(by: $0) }
        }
    }
}
