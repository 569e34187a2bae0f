import FileTree
import OCI
import Progress

/// An entry of a shared cache, as housekeeping sees it.
struct CacheEntry: Sendable {
    /// Its tags; a layer that can be found in two ways has two.
    var keys: [Digest]
    /// The digest of its manifest.
    let digest: Digest
    let manifest: ArtifactManifest
    /// What it says of itself.
    let account: SharedAccount
    /// The last day on which a mark says that it was taken.
    var used: Day?
    /// The blobs that it names, and its manifest, with their sizes in bytes as it states them.
    let blobs: [Digest: Int64]

    /// - Parameters:
    ///   - manifestSize: how long the manifest is, in bytes.
    ///   - account: what it says of itself.
    init(_ manifest: ArtifactManifest, _ digest: Digest, manifestSize: Int64, _ account: SharedAccount, keys: [Digest])
    {
        (self.manifest, self.digest, self.account, self.keys) = (manifest, digest, account, keys)
        var blobs = [digest: manifestSize]
        for blob in [manifest.config] + manifest.layers {
            // Anybody may have written it who can write there.
            blobs[blob.digest] = max(blobs[blob.digest] ?? 0, blob.size)
        }
        self.blobs = blobs
    }

    /// The latest moment at which it may have been used, as far as anything is known: a use is known by its day.
    var lastUse: Timestamp? {
        let days = [account.made.map { Day(of: $0) }, used].compactMap(\.self)
        return days.max().map(\.end)
    }

    /// The bytes of all its blobs.
    var size: Int64 { byteCount(of: blobs.values) }

    // MARK: - In words

    /// Its layer's name, as it may stand in a message.
    var name: String { account.layer.map { shownWord($0) } ?? "-" }

    /// The platform, as it may stand in a message.
    var platform: String { account.platform.map { shownWord($0) } ?? "-" }

    /// The types of its images.
    var types: String {
        guard let types = account.types else { return "-" }
        return types.isEmpty ? "build_only" : types.map { shownWord($0) }.joined(separator: "+")
    }

    /// `app (linux/amd64, tar, 12 MB, made 2026-09-28, used 2026-10-01) 3f…`
    var line: String {
        let made = account.made.map { "made \(Day(of: $0))" }
        let parts = [platform, types, humanSize(size), made ?? "made nobody knows when", used.map { "used \($0)" }]
        return "\(name) (\(parts.compactMap(\.self).joined(separator: ", "))) \(keysInWords)"
    }

    /// The keys, with blanks between them.
    var keysInWords: String { keys.map(\.hex).joined(separator: " ") }
}

/// The sum of sizes, which hostile ones don't overflow.
func byteCount(of sizes: some Sequence<Int64>) -> Int64 {
    Int64(clamping: sizes.reduce(Int128(0)) { $0 + Int128(max(0, $1)) })
}
