import FileTree
import OCI
import Roots
import SystemPackage
import Web

/// What the builds that the cache knows still need, so that the next build finds all in it that this one would.
struct LiveBuilds {
    /// The layers of recipes whose storage is needed.
    private(set) var layers: Set<String> = []
    /// The images that the cache has, each with all of its blobs.
    private(set) var images: [Descriptor] = []
    /// The layers, and configs, on which build_only layers and images stand.
    private(set) var blobs: Set<Digest> = []
    /// The manifests and archives that were built on, and the manifests of images that were imported from.
    private(set) var bases: Set<Digest> = []
    /// The places of URLs that were imported.
    private(set) var downloads: Set<String> = []

    /// Reads what is known; a layer whose outcome is gone would be built anew in any case, and counts for nothing.
    ///
    /// - Parameters:
    ///   - roots: `nil` if there is none.
    ///   - output: the output layout, `nil` if there is none.
    init(_ cache: BuildCache, _ roots: RootsDirectory?, _ output: Layout?) throws {
        for name in cache.names {
            guard let entry = cache[name] else { continue }
            let manifests = try entry.manifests.values.filter { try output?.holdsImage($0) == true }
            let isBuildOnly = try entry.manifests.isEmpty && Self.isThere(name, roots)
            guard isBuildOnly || !manifests.isEmpty else { continue }
            images += manifests
            try add(name, roots)
            add(entry.inputs)
        }
    }

    private static func isThere(_ name: String, _ roots: RootsDirectory?) throws -> Bool {
        guard let layer = roots?.layer(name) else { return false }
        return try layer.metadata() != nil && layer.hasUpperdir
    }

    /// Adds a layer's storage, and what that names.
    private mutating func add(_ name: String, _ roots: RootsDirectory?) throws {
        guard layers.insert(name).inserted, let layer = roots?.layer(name) else { return }
        blobs.formUnion(try layer.encodedOverlayDirectories())
        guard let metadata = try layer.metadata() else { return }
        for image in metadata.images.values {
            blobs.formUnion(image.manifest.blobs.map(\.digest))
        }
        for descriptors in metadata.overlayDirLayers.values { blobs.formUnion(descriptors.map(\.digest)) }
        for below in metadata.builtLayers { try add(below, roots) }
    }

    private mutating func add(_ inputs: LayerInputs) {
        for input in inputs.inputs {
            if input.name == .base { bases.insert(input.digest) }
            if let image = input.basis { bases.insert(image) }
            if input.name == .importContent, let part = input.part, let address = try? WebAddress(part) {
                downloads.insert(DownloadStore.name(of: address))
            }
        }
    }
}

extension LayerDirectory {
    /// The layers that its overlay dirs have become, by the symlinks to them.
    fileprivate func encodedOverlayDirectories() throws -> [Digest] {
        try linkedNames().compactMap { Digest(directoryName: $0) }
    }

    /// The parts of collapsed layers that its upperdir and its overlay dirs have become: names in the roots directory.
    func linkedParts() throws -> [FilePath] {
        try linkedNames().filter { Digest(directoryName: $0) == nil && RootsDirectory.isContentName($0) }
            .map { FilePath($0) }
    }

    /// Where the symlinks in place of the upperdir and of overlay dirs lead: the first names below the roots directory.
    private func linkedNames() throws -> [String] {
        guard let storage = try ifUsable({ try roots.directory.directory(FilePath(name)) }) else { return [] }
        var links = [(storage, FilePath("overlay"))]
        if let overlayDirectories = try ifUsable({ try storage.directory("overlay_dirs") }) {
            links += try overlayDirectories.names().map { (overlayDirectories, $0) }
        }
        return try links.compactMap { parent, name in
            guard try parent.status(name)?.kind == .symlink else { return nil }
            return try parent.symlinkTarget(name).components.first { $0.kind == .regular }?.string
        }
    }
}
