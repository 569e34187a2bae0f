import FileTree
import OCI
import Progress

/// What `stacker cache ls` prints.
package struct CacheListing: Sendable {
    private let repository: SharedRepository
    private let entries: [CacheEntry]
    private let others: Int

    init(_ inventory: CacheInventory, of repository: SharedRepository) {
        self.repository = repository
        entries = inventory.entries.sorted { $0.place < $1.place }
        others = inventory.others.count
    }

    private var blobs: [Digest: Int64] { distinctBlobs(of: entries) }

    /// A line for each, and the sum.
    package func text() -> String {
        let head = ["LAYER", "PLATFORM", "TYPES", "SIZE", "MADE", "USED", "KEY"]
        let rows = entries.map { entry in
            [
                entry.name, entry.platform, entry.types, humanSize(entry.size),
                entry.account.made.map {
                    String(RFC3339.format($0, fraction: false).prefix(16).map { $0 == "T" ? " " : $0 })
                }
                    ?? "-", entry.used.map(\.description) ?? "-", entry.keysInWords,
            ]
        }
        let table = [head] + rows
        let widths = head.indices.map { column in table.map { $0[column].count }.max() ?? 0 }
        let lines = table.map { row in
            zip(row, widths).dropLast().map { $0.padding(to: $1) }.joined(separator: "  ") + "  " + (row.last ?? "")
        }
        let sum =
            entries.isEmpty
            ? "no entries" : "\(counted(entries.count, "entry", "entries")), \(inWords(blobs: blobs))"
        let rest = others == 0 ? [] : [othersInWords(others)]
        return ((entries.isEmpty ? [] : lines) + [sum] + rest).joined(separator: "\n")
    }

    /// An object with `version`, `repository`, `entries`, `size` and `blobs` of all, and `otherTags`.
    package func json() throws -> String {
        try JSON.text(
            Report(
                repository: repository.description, entries: entries.map(Entry.init), size: byteCount(of: blobs.values),
                blobs: blobs.count, otherTags: others))
    }

    private struct Report: Encodable {
        /// Counts up when a member goes, or comes to mean something else.
        let version = 1
        let repository: String
        let entries: [Entry]
        let size: Int64
        let blobs: Int
        let otherTags: Int
    }

    private struct Entry: Encodable {
        let layer: String?
        let platform: String?
        let types: [String]?
        let size: Int64
        let made: String?
        let used: String?
        let signedBy: String?
        let keys: [String]
        let digest: Digest

        init(_ entry: CacheEntry) {
            layer = entry.account.layer
            platform = entry.account.platform
            types = entry.account.types
            size = entry.size
            made = entry.account.made.map { RFC3339.format($0, fraction: false) }
            used = entry.used?.description
            signedBy = entry.account.signer
            keys = entry.keys.map(\.hex)
            digest = entry.digest
        }

        private enum CodingKeys: CodingKey { case layer, platform, types, size, made, used, signedBy, keys, digest }

        /// What is not known is `null`.
        func encode(to encoder: any Encoder) throws {
            var members = encoder.container(keyedBy: CodingKeys.self)
            try members.encode(layer, forKey: .layer)
            try members.encode(platform, forKey: .platform)
            try members.encode(types, forKey: .types)
            try members.encode(size, forKey: .size)
            try members.encode(made, forKey: .made)
            try members.encode(used, forKey: .used)
            try members.encode(signedBy, forKey: .signedBy)
            try members.encode(keys, forKey: .keys)
            try members.encode(digest, forKey: .digest)
        }
    }
}

extension CacheEntry {
    /// By layer, then by platform, the newest first.
    fileprivate var place: (String, String, Int64, Digest) {
        (account.layer ?? "", account.platform ?? "", -(account.made?.seconds ?? 0), digest)
    }
}
