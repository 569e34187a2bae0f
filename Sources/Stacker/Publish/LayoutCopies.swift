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

    /// Copies an image, or an index with all images that it names, as far as the other layout does not have it, and gives
    /// it a tag there.
    func copy(_ descriptor: Descriptor, as tag: String) throws {
        try bringAll(of: descriptor)
        try writer.setEntries([(tag, descriptor)])
    }

    /// Copies the same into the index that has the tag there, as ``ImagePush/push(_:intoIndex:)`` does. No stacker undoes
    /// what another one does meanwhile.
    ///
    /// - Returns: the index.
    func copy(_ descriptor: Descriptor, intoIndex tag: String) throws -> ImageIndex {
        try bringAll(of: descriptor)
        let entries = try source.entries(of: descriptor)
        while true {
            try StopSignal.check()
            let entry = try writer.layout.entry(tag: tag)
            let found = try entry.flatMap { try writer.layout.index(of: $0) }
            var index = try found ?? ImageIndex(manifests: entry.map { try writer.layout.entries(of: $0) } ?? [])
            if !index.update(with: entries), found != nil { return index }
            index.mediaType = .index
            let new = try writer.put(JSON.encode(index), .index)
            try writer.updateIndex { all in
                if all.entry(tag: tag) == entry { all.setEntry(tag: tag, to: new) }
            }
            // Somebody has been quicker with the tag: on top of that, then. They have got on, so this has an end.
            if try writer.layout.entry(tag: tag)?.digest == new.digest { return index }
        }
    }

    private func bringAll(of descriptor: Descriptor) throws {
        let parts = try ImageParts(of: descriptor, in: source)
        for blob in parts.blobs + parts.members + [descriptor] where !whole.contains(blob.digest) {
            try StopSignal.check()
            try bring(blob)
            whole.insert(blob.digest)
        }
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
