import Failure
import FileTree
import Layers
import SystemPackage

/// The build_only layers that an image stands on, and what the image's own layer adds: the directories that can become
/// one layer.
package struct BuildOnlyRun {
    /// Top first.
    private let parts: [Part]
    /// What is below, top first.
    private let lowerdirs: [FilePath]
    private let roots: RootsDirectory

    private enum Part {
        case upperdir(LayerDirectory)
        case overlayDirectory(String, LayerDirectory)
        /// One that was encoded for another image, and is nobody's.
        case content(FilePath)
    }

    /// Finds the directories.
    ///
    /// - Parameters:
    ///   - metadata: what the image stands on, and its own overlay dirs.
    ///   - layer: the image's own layer.
    package init(_ metadata: OverlayMetadata, under layer: LayerDirectory, _ type: LayerType) throws {
        roots = layer.roots
        let layers = metadata.images[type]?.layers ?? []
        let contents = try zip(layers, layer.roots.contents(of: layers)).map { blob, content in
            guard let content else { throw Failure("the content of layer \(blob.digest) is gone") }
            return content
        }
        var parts = contents.suffix(metadata.buildOnlyLayers ?? 0).flatMap { $0.reversed().map(Part.content) }
        for name in metadata.builtLayers {
            let storage = layer.roots.layer(name)
            parts += Self.parts(of: storage, try storage.metadata()?.overlayDirectories ?? [])
        }
        parts += Self.parts(of: layer, metadata.overlayDirectories)
        self.parts = parts.reversed()
        lowerdirs = contents.dropLast(metadata.buildOnlyLayers ?? 0).reversed().flatMap(\.self)
    }

    private static func parts(of layer: LayerDirectory, _ overlayDirectories: [OverlayDirectoryCopy]) -> [Part] {
        overlayDirectories.map { .overlayDirectory($0.name, layer) } + [.upperdir(layer)]
    }

    /// All of it as one tree.
    package func tree() throws -> any TreeNode {
        try CollapsedDirectory(
            parts.map { part in
                switch part {
                case .upperdir(let layer): try Directory(at: layer.upperdir)
                case .overlayDirectory(let name, let layer): try Directory(at: layer.overlayDirectory(name))
                case .content(let path): try Directory(at: path)
                }
            }, over: lowerdirs.map { try Directory(at: $0) })
    }

    /// When the one layer must say something of the root directory.
    package func rootEntry() throws -> RootEntry {
        try RootEntry(unlike: lowerdirs.first.map { try Directory(at: $0) })
    }

    /// Moves the directories to where they stay. Other images can be built on the build_only layers as before.
    ///
    /// - Returns: where they are, top first, relative to the roots directory.
    package func keep() throws -> [String] {
        try parts.map { part in
            switch part {
            case .upperdir(let layer): try layer.keepUpperdir()
            case .overlayDirectory(let name, let layer): try layer.keepOverlayDirectory(name)
            case .content(let path):
                FilePath(root: nil, path.components.dropFirst(roots.path.components.count)).string
            }
        }
    }
}

extension RootEntry {
    /// If the root directory is no longer as it is in `below`; without that, as new images have it.
    package init(unlike below: Directory?) throws {
        guard let below else {
            self = .ifDifferent()
            return
        }
        guard let status = try below.status(".") else { throw Errno.noSuchFileOrDirectory }
        self = .ifDifferent(permissions: status.permissions, uid: status.uid, gid: status.gid)
    }
}
