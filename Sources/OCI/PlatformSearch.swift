import Failure
import FileTree

/// Finds out for which platforms the entries of an index are that do not say so: each blob is looked into once, however
/// many entries lead to it.
struct PlatformSearch {
    let layout: Layout
    private var seen: Set<Digest> = []

    /// The most blobs that are looked into: nobody makes an image for so many platforms, and each may have 4 MiB.
    private static let limit = 1000

    init(layout: Layout) {
        self.layout = layout
    }

    /// What the config of an entry says, or the platforms of the index that it is. None where nothing can be found out, or
    /// where it was asked for before.
    ///
    /// - Parameter depth: how deep indexes in indexes are followed.
    /// - Throws: `Failure` if it would be endless.
    mutating func platforms(of entry: Descriptor, _ depth: Int) throws -> [Platform] {
        guard depth > 0, seen.insert(entry.digest).inserted else { return [] }
        guard seen.count <= Self.limit else {
            throw Failure(
                "more than \(Self.limit) entries of an index do not say which platforms they are for",
                help: "name an image of which that is known")
        }
        guard let bytes = try ifUsable({ try layout.read(entry) }),
            let type = try? MediaType(ofManifest: bytes, called: entry.mediaType)
        else { return [] }
        if type.isIndex {
            guard let index = try? JSON.decode(ImageIndex.self, from: bytes) else { return [] }
            return try index.manifests.flatMap { entry in
                try entry.platform.map { [$0] } ?? platforms(of: entry, depth - 1)
            }
        }
        guard let manifest = try? JSON.decode(ImageManifest.self, from: bytes),
            let config = try ifUsable({ try layout.config(manifest) })
        else { return [] }
        return [config.platform]
    }
}
