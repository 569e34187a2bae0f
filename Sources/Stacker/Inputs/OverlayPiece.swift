import Failure
import FileTree
import Recipes
import Roots
import SystemPackage

/// Something that becomes a layer of its own between the base and what `run:` changes.
struct OverlayPiece {
    /// Its name under `overlay_dirs/`, which no other piece of the layer has.
    let name: String
    let origin: Origin

    enum Origin {
        case overlayDirectory(OverlayDirectory)
        /// An import with a `dest`.
        case file(Import)
        /// The archive that the layer starts from. It is a part of the layer's own upperdir as long as nothing has to
        /// come between the two.
        case baseArchive(BaseArchive)
    }
}

extension LayerDefinition {
    /// What becomes layers of their own, bottom first: the archive, the overlay dirs, the imports.
    func overlayPieces(on archive: BaseArchive?) -> [OverlayPiece] {
        var origins = overlayDirectories.map { OverlayPiece.Origin.overlayDirectory($0) }
        origins += imports.filter { $0.destination != nil }.map { .file($0) }
        if let archive, !origins.isEmpty { origins.insert(.baseArchive(archive), at: 0) }
        var names: Set<String> = []
        return origins.map { origin in
            let base = origin.name ?? "root"
            var name = base
            var number = 1
            while !names.insert(name).inserted {
                number += 1
                name = "\(base).\(number)"
            }
            return OverlayPiece(name: name, origin: origin)
        }
    }
}

extension OverlayPiece.Origin {
    /// The last component of the source.
    fileprivate var name: String? {
        switch self {
        case .overlayDirectory(let directory): directory.source.lastComponent?.string
        case .file(let entry): entry.name?.string
        case .baseArchive(let archive): archive.path.lastComponent?.string
        }
    }
}

/// Copies what becomes layers of their own into the layer's storage.
struct OverlayPieces {
    let storage: LayerDirectory
    let contents: LayerContents
    let log: Log

    /// Copies the pieces, each seeing those before it.
    ///
    /// - Parameter lowerdirs: what is below them, top first.
    func copy(_ pieces: [OverlayPiece], over lowerdirs: [FilePath]) throws -> [OverlayDirectoryCopy] {
        var lowerdirs = lowerdirs
        return try pieces.map { piece in
            let layer = try storage.makeOverlayDirectory(piece.name)
            let destination = try copy(piece.origin, to: layer, over: lowerdirs)
            lowerdirs.insert(storage.overlayDirectory(piece.name), at: 0)
            return OverlayDirectoryCopy(name: piece.name, destination: destination.string)
        }
    }

    private func copy(_ origin: OverlayPiece.Origin, to layer: Directory, over lowerdirs: [FilePath]) throws -> FilePath
    {
        switch origin {
        case .baseArchive(let archive):
            try archive.unpack(into: layer, log)
            return ""
        case .overlayDirectory(let entry):
            return try attempt("\(entry.position): couldn't copy overlay_dir \(entry.path)") {
                guard case .directory(let source) = try SourceNode(at: entry.source, following: true) else {
                    throw Failure("it should be a directory", help: "imports: with dest: brings single files")
                }
                let place = ImportPlacement(
                    of: nil, isDirectory: true, meansContents: true, destination: entry.destination)
                let target = try OverlayTarget(
                    place.directory, in: layer, over: lowerdirs, like: source.directory, attributes: .ofHost)
                target.sayIfMoved(from: entry.destination, of: "overlay_dir \(entry.path)", log)
                var copy = TreeCopy(.init(), .ofHost, checkpoint: contents.bases.context.cancellation.check) {
                    log.warn("\(entry.position): overlay_dir \(entry.path): \($0)")
                }
                try copy.copyContents(of: source, into: target.directory)
                say(try target.finish(), "\(entry.position): overlay_dir \(entry.path)")
                return target.path
            }
        case .file(let entry):
            return try attempt("\(entry.position): couldn't import \(entry.path)") {
                guard let node = try entry.node(in: contents) else { throw Errno.noSuchFileOrDirectory }
                return try copy(entry, node, to: layer, over: lowerdirs)
            }
        }
    }

    private func copy(
        _ entry: Import, _ node: SourceNode, to layer: Directory, over lowerdirs: [FilePath]
    ) throws -> FilePath {
        let place = entry.placement(node)
        var like: Directory?
        if case .directory(let source) = node { like = source.directory }
        let target = try OverlayTarget(
            place.directory, in: layer, over: lowerdirs, like: like, overrides: entry.overrides,
            attributes: entry.attributes)
        target.sayIfMoved(from: place.directory.string, of: "import \(entry.path)", log)
        if let name = place.name, try target.hasDirectory(name) {
            log.warn(
                "\(entry.position): import \(entry.path) takes the place of the directory /\(target.path.appending(name)): "
                    + "write a / at the end of dest to put it inside")
        }
        try entry.copy(node, as: place.name, into: target.directory, contents)
        say(try target.finish(), "\(entry.position): import \(entry.path)")
        return target.path
    }

    private func say(_ leftOut: [AttributeName], _ what: String) {
        if leftOut.isEmpty { return }
        log.warn("\(what): left out extended attributes: \(leftOut.map(\.description).joined(separator: ", "))")
    }
}
