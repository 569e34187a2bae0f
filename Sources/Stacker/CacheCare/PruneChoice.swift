import FileTree
import OCI

/// Which entries of a shared cache go: those that were not used for long, then the least recently used until the rest is small
/// enough.
struct PruneChoice: Sendable {
    /// What goes, the least recently used first.
    private(set) var going: [CacheEntry] = []
    /// Entries that say nothing of when they were made or used, though their age matters: by age they stay.
    private(set) var undated: [CacheEntry] = []

    /// - Parameter kept: manifests that don't go, whatever the limits.
    init(of entries: [CacheEntry], keeping kept: Set<Digest>, _ limits: PruneLimits, at now: Timestamp) {
        var left = entries.sorted { $0.rank < $1.rank }
        if let age = limits.age {
            undated = left.filter { $0.lastUse == nil }
            take(from: &left) { entry in
                guard !kept.contains(entry.digest), let lastUse = entry.lastUse else { return false }
                return now.seconds - lastUse.seconds > age
            }
        }
        if let size = limits.size {
            var shares = left.reduce(into: [Digest: Int]()) { shares, entry in
                for blob in entry.blobs.keys { shares[blob, default: 0] += 1 }
            }
            let sizes = distinctBlobs(of: left)
            // Stated sizes may be anything: their sum has room.
            var total = sizes.values.reduce(Int128(0)) { $0 + Int128(max(0, $1)) }
            take(from: &left) { entry in
                guard total > size, !kept.contains(entry.digest) else { return false }
                for blob in entry.blobs.keys {
                    shares[blob, default: 1] -= 1
                    // A blob goes with the last entry that names it.
                    if shares[blob] == 0 { total -= Int128(max(0, sizes[blob] ?? 0)) }
                }
                return true
            }
        }
        let digests = Set(going.map(\.digest))
        undated.removeAll { digests.contains($0.digest) }
    }

    private mutating func take(from left: inout [CacheEntry], _ isGoing: (CacheEntry) -> Bool) {
        var rest: [CacheEntry] = []
        for entry in left {
            if isGoing(entry) { going.append(entry) } else { rest.append(entry) }
        }
        left = rest
    }
}

extension CacheEntry {
    /// In which order entries go: what is not known to have been used goes first, then the least recently used, of those of a
    /// day the one that was made first.
    fileprivate var rank: (Int64, Int64, Digest) {
        (lastUse?.seconds ?? .min, account.made?.seconds ?? .min, digest)
    }
}
