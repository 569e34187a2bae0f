import Failure
import FileTree
import Host
import Layers
import OCI

extension ShippedTree {
    /// Reads all layers of an image, one after the other, and keeps nothing of their contents but digests.
    static func reading(_ image: NamedImage) throws -> ShippedTree {
        var tree = ShippedTree()
        for layer in try image.open() {
            tree.beginLayer(layer.descriptor.digest)
            var options = ListOptions()
            options.checkpoint = { try StopSignal.check() }
            _ = try listLayer(layer.blob, layer.descriptor, diffID: layer.diffID, options: options) {
                try tree.add($0, $1)
            }
        }
        return tree
    }

    /// Takes an entry of the layer that is being read.
    mutating func add(_ entry: ListedEntry, _ content: ListedContent) throws {
        // It lies in the directory, through whose symlinks it is found.
        if entry.kind == .opaque { return try addOpaque(at: directory(entry.path[...])) }
        let node = try place(of: entry.path)
        switch entry.kind {
        case .directory: try addDirectory(at: node, Metadata(entry))
        case .opaque: break
        case .whiteout: try addWhiteout(at: node)
        case .regular:
            let digest = try Self.digest(of: content, size: entry.size)
            try addFile(
                at: node, Metadata(entry), content: addContent(at: node, size: entry.size, Fingerprint(digest)))
        case .hardLink(let first):
            let original = try place(of: first)
            try addFile(at: node, metadata(at: original) ?? Metadata(entry), content: self.content(at: original))
        case .symlink(let target): try addFile(at: node, Metadata(entry), symlink: target)
        case .characterDevice, .blockDevice, .fifo, .socket, .unknown: try addFile(at: node, Metadata(entry))
        }
    }

    private func metadata(at node: Int32) -> Metadata? {
        let top = nodes[Int(node)].top
        return top < 0 ? nil : entries[Int(top)].metadata
    }

    /// The digest of a file's content, holes as the zeros that they are.
    private static func digest(of content: ListedContent, size: Int64) throws -> Digest {
        var hasher = DigestHasher()
        try content.readAll(size: size, checkpoint: StopSignal.check) { hasher.update($0) }
        return hasher.finish()
    }
}

extension ShippedTree.Metadata {
    init(_ entry: ListedEntry) {
        var attributes: UInt64 = 0
        if !entry.attributes.isEmpty {
            var bytes: [UInt8] = []
            for attribute in entry.attributes.sorted(by: { $0.name < $1.name }) {
                // Neither can be mistaken for a part of the other.
                bytes += "\(attribute.name.bytes.count) \(attribute.value.count) ".utf8
                bytes += attribute.name.bytes
                bytes += attribute.value
            }
            attributes = ShippedTree.Fingerprint(Digest(of: bytes)).words[0]
        }
        self.init(
            permissions: entry.permissions, uid: entry.uid, gid: entry.gid, attributes: attributes,
            modified: entry.modified.seconds)
    }
}
