import FileTree
import Glibc
import Layers
import OCI
import Progress
import Roots
import SystemPackage

/// Encodes layers of a base once more, in another type than they came in, and remembers what came out: the next build
/// on the same base need not do it again.
struct LayerConversion {
    let context: BuildContext
    let writer: LayoutWriter
    let options: EncodeOptions

    var roots: RootsDirectory { context.roots }

    /// A layer in another type than it came in. It is remembered in a file beside the layer's content.
    struct Outcome: Codable, Sendable {
        var descriptor: Descriptor
        var diffID: Digest
    }

    /// The unpacked top layer of an image in `format`; its blob is in the layout.
    ///
    /// - Parameters:
    ///   - layers: the image's layers so far, bottom first.
    ///   - converted: those below the top one as they are in the image that is made.
    ///   - root: when the layer says something of the root directory. That of a base is as much of it as any other.
    func convertTop(
        of layers: [Descriptor], over converted: some Sequence<Descriptor>, to format: LayerFormat,
        root: RootEntry = .always
    ) throws -> Outcome {
        guard let layer = layers.last?.digest else { throw Errno.noSuchFileOrDirectory }
        return try context.conversions.with(layer) { try convert(layer, of: layers, over: converted, to: format, root) }
    }

    private func convert(
        _ layer: Digest, of layers: [Descriptor], over converted: some Sequence<Descriptor>, to format: LayerFormat,
        _ root: RootEntry
    ) throws -> Outcome {
        let directory = Directory(try roots.directory.open(layer.directoryName, O_RDONLY | O_DIRECTORY))
        let name = recordName(format, root, over: layers.dropLast())
        if let bytes = try directory.readFile(name, limit: 1 << 16),
            let known = try? JSON.decode(Outcome.self, from: bytes),
            try roots.isWhole(known.descriptor, in: writer.layout)
        {
            return known
        }
        if let split = try SplitBase(in: directory) {
            options.warn(split.warning(layer, at: roots.path.appending(layer.directoryName.string)))
        }
        let content = try tree(layers)
        // A layer without files stays a layer.
        let encoded = try encode(content, layer, to: format, root) ?? encode(content, layer, to: format, .always)
        guard let encoded else { throw Errno.noSuchFileOrDirectory }
        try roots.link(encoded.descriptor.digest, to: layer)
        try roots.noteVerified(writer.layout.open(encoded.descriptor), of: encoded.descriptor.digest)
        try roots.extend(layer, over: converted, as: layers.dropLast())
        let outcome = Outcome(descriptor: encoded.descriptor, diffID: encoded.diffID)
        try directory.replaceFile(name, with: JSON.encode(outcome))
        return outcome
    }

    private func encode(
        _ content: any TreeNode, _ layer: Digest, to format: LayerFormat, _ root: RootEntry
    ) throws -> EncodedLayer? {
        var options = options
        options.root = root
        return try context.log.progress.packing(String(layer.hex.prefix(9)), roots.contentPath(of: layer)) {
            options.advanced = $0
            return try encodeLayer(content, as: [format], into: writer, options: options)?.first
        }
    }

    /// The content of the top layer.
    private func tree(_ layers: [Descriptor]) throws -> any TreeNode {
        let contents = try roots.contents(of: layers)
        guard let top = contents.last.flatMap(\.self) else { throw Errno.noSuchFileOrDirectory }
        let lowerdirs = contents.dropLast().reversed().flatMap { $0 ?? [] }
        return top.count == 1
            ? try UpperDirectory(Directory(at: top[0]), over: lowerdirs)
            : CollapsedDirectory(
                try top.map { try Directory(at: $0) }, over: try lowerdirs.map { try Directory(at: $0) })
    }

    /// One name for all that decides the bytes of the blob.
    private func recordName(_ format: LayerFormat, _ root: RootEntry, over layers: ArraySlice<Descriptor>) -> FilePath {
        let rule = root == .always ? "" : " \(root.record)"
        // An opaque mark is written only over a directory.
        let base = layers.isEmpty ? "" : " over \(MergedLayer.base(layers))"
        let key = "\(format.record) \(options.latestTime.map { "\($0.seconds)" } ?? "")\(rule)\(base)"
        return FilePath("as-\(Digest(of: key.utf8).hex.prefix(16)).json")
    }
}
