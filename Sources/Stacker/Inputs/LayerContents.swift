import Failure
import FileTree
import Layers
import OCI
import Recipes
import Roots
import SystemPackage

/// Reads layers of the recipe as trees, those that were built earlier in the run and those that the cache has, and images.
struct LayerContents {
    let bases: Bases
    /// For which an image that has several is read.
    let platform: Platform

    /// What a container on the layer would see, read without one.
    ///
    /// - Parameter mayUnpack: whether layers whose content is not in the roots directory may be unpacked.
    /// - Returns: `nil` if they must be and may not.
    func view(of layer: String, mayUnpack: Bool = true) throws -> MergedView? {
        try attempt("couldn't look into layer \(layer)") {
            try base(of: layer, mayUnpack: mayUnpack).map { try MergedView($0.lowerdirs) }
        }
    }

    /// What another layer would be built on if it were built on this one: its image, and its directories, all there.
    func base(of layer: String, mayUnpack: Bool = true) throws -> (image: BuildBase, lowerdirs: [FilePath])? {
        let base = try bases.built(layer)
        let (image, type) = try image(of: base)
        if !mayUnpack, try roots.contents(of: image.layers).contains(where: { $0 == nil }) { return nil }
        try bases.unpack(base)
        return (base, try LayerStack.directories(base.metadata, type, roots))
    }

    /// The same of an image, whose layers are brought into the roots directory as those of a base are.
    private func view(of image: ImageSource) throws -> MergedView {
        let base = try bases.bring(image.base, platform)
        let (_, type) = try self.image(of: base)
        try withExtendedLifetime(base.use) { try bases.unpack(base) }
        return try MergedView(LayerStack.directories(base.metadata, type, roots))
    }

    private func image(of base: BuildBase) throws -> (Image, LayerType) {
        guard let type = bases.context.request.layerTypes.first, let image = base.metadata.images[type] else {
            throw Failure("it has no image")
        }
        return (image, type)
    }

    private var roots: RootsDirectory { bases.context.roots }

    private static func node(at path: FilePath, in view: MergedView, following: Bool) throws -> SourceNode {
        do {
            return try SourceNode(at: path, in: view, following: following)
        } catch let error where error.systemError == .noSuchFileOrDirectory {
            throw Failure("\(path)", because: Errno.noSuchFileOrDirectory, help: nearMiss(path, in: view))
        }
    }

    /// The source of an import or of a tar base.
    ///
    /// - Parameters:
    ///   - following: whether a symlink at the end of the path is followed.
    ///   - hash: the digest that a file from a server must have.
    ///   - mayUnpack: as for ``view(of:mayUnpack:)``; also whether anything may be downloaded.
    /// - Returns: `nil` if it can't be read without unpacking a layer, or downloading.
    func node(
        _ source: Import.Source, following: Bool, hash: Digest? = nil, mayUnpack: Bool = true
    ) throws -> SourceNode? {
        switch source {
        case .local(let path): return try SourceNode(at: path, following: following)
        case .layer(let name, let path):
            return try view(of: name, mayUnpack: mayUnpack).map {
                try Self.node(at: path, in: $0, following: following)
            }
        case .image(let image, let path):
            // What it was built of is known by the image's digest: see FileInputs.
            guard mayUnpack else { return nil }
            return try Self.node(at: path, in: view(of: image), following: following)
        case .http(let address):
            let file = try bases.downloads.file(address, for: .imports, hash: hash, mayDownload: mayUnpack)
            return try file.map { try SourceNode(at: $0.path, following: false) }
        }
    }
}

extension Import {
    /// The source in the file system. A path that ends in "/" goes through a symlink and must be a directory, as
    /// everywhere in POSIX; without it, a symlink is itself what is imported.
    func node(in contents: LayerContents, mayUnpack: Bool = true) throws -> SourceNode? {
        let node = try contents.node(source, following: meansContents, hash: hash, mayUnpack: mayUnpack)
        guard let node else { return nil }
        if meansContents, !node.isDirectory { throw Errno.notDirectory }
        return node
    }
}
