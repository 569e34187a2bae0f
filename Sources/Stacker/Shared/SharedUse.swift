import FileTree
import OCI
import Registry

/// On which day an entry was last taken. Registries don't say, so who takes one and may write there leaves a mark: an artifact
/// beside it, whose tag is the entry's and ``SharedTag/useSuffix``.
///
/// A mark names a day and no time of day, so that there is one to write a day, and so that those who write it at the same time
/// write the same.
enum SharedUse {
    static let artifactType = MediaType(rawValue: "application/vnd.stacker.shared-layer.use.v1")

    /// The mark of an entry. Its one blob is the entry's own config, which is there already: it costs one request. It names
    /// the key, so that it is another manifest than any other entry's mark, with which it would have to go.
    static func mark(of entry: ArtifactManifest, _ key: Digest, on day: Day) -> ArtifactManifest {
        var mark = ArtifactManifest(artifactType, config: entry.config, layers: [entry.config])
        mark.annotations = [
            SharedAnnotations.made: RFC3339.format(day.begin, fraction: false), SharedAnnotations.key: key.hex,
        ]
        return mark
    }

    /// The day that a mark names.
    ///
    /// - Returns: `nil` for what is no mark, and for a day that has not come yet.
    static func day(of mark: ArtifactManifest) -> Day? {
        guard mark.artifactType == artifactType else { return nil }
        return SharedAccount.made(mark).map { Day(of: $0) }
    }

    /// Leaves a mark for today, unless there is one.
    ///
    /// - Parameters:
    ///   - entry: the entry's manifest, under this key.
    ///   - client: of the repository's registry.
    static func note(
        _ entry: ArtifactManifest, _ key: Digest, in repository: SharedRepository, by client: RegistryClient
    ) throws {
        let today = Day(of: .now)
        // What was put there today counts as used today.
        if let made = SharedAccount.made(entry), Day(of: made) >= today { return }
        let place = try repository.reference(SharedTag.use(of: key))
        let known = try ArtifactPull(place, from: client).find().flatMap { day(of: $0.manifest) }
        if let known, known >= today { return }
        try client.put(mark(of: entry, key, on: today), as: place)
    }
}
