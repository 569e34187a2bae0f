import FileTree
import OCI
import SystemPackage

/// What of the layout of pulled images nothing refers to: images that stacker has pulled and nothing is built on, and
/// blobs that it has pulled and no image there needs. What other programs have put there stays.
struct PulledImages {
    private let layout: Layout
    private let pulled: PulledBlobs
    private let unused: [Descriptor]
    /// What stacker has pulled, be it needed or not.
    private let ours: Set<Digest>
    /// All that is needed.
    let kept: Set<Digest>

    /// `nil` if there is no such layout.
    init?(in stackerDirectory: FilePath, _ builds: LiveBuilds) throws {
        let path = RegistryBases.directory(in: stackerDirectory)
        guard try ifUsable({ try LayoutState(of: path) }) == .layout else { return nil }
        layout = try Layout(at: path)
        pulled = PulledBlobs(in: stackerDirectory)
        var index = try layout.index()
        unused = index.manifests.filter { Self.isPulled($0) && !builds.bases.contains($0.digest) }
        index.manifests.removeAll(where: unused.contains)
        ours = try pulled.digests().union(layout.reach(from: unused))
        kept = try layout.reach(from: index.manifests).union(builds.blobs)
    }

    private static func isPulled(_ entry: Descriptor) -> Bool {
        entry.annotations?[RegistryBases.sourceAnnotation] != nil
    }

    /// What is to go.
    var items: [GarbageItem] {
        get throws {
            let tags = unused.map { GarbageItem(tag: $0.tag ?? "\($0.digest)", of: layout.path, in: layout.blobs) }
            let blobs = try layout.garbage(keeping: kept).filter { name in
                // Whoever else writes there has other names for what is not whole.
                Digest(hex: name.string).map(ours.contains) ?? name.isTemporary
            }
            return try tags
                + blobs.map {
                    try GarbageItem($0.isTemporary ? .temporary : .blob, $0, in: layout.blobs, at: layout.blobsPath)
                }
                + layout.leftovers().map { try GarbageItem(.temporary, $0, in: layout.directory, at: layout.path) }
                + layout.parts().map { try GarbageItem(.temporary, $0, in: layout.blobs, at: layout.blobsPath) }
        }
    }

    /// Takes the images out of the index. Whose their blobs are has to be known from then on, too.
    func forget() throws {
        guard !unused.isEmpty else { return }
        try pulled.add(ours)
        let gone = Set(unused.map(\.digest))
        try LayoutWriter(layout).updateIndex {
            $0.manifests.removeAll { Self.isPulled($0) && gone.contains($0.digest) }
        }
    }

    /// Forgets the blobs that are gone.
    func finish() throws {
        let present = try ours.intersection(layout.blobs.names().compactMap { Digest(hex: $0.string) })
        if try pulled.digests() != present { try pulled.write(present) }
    }
}
