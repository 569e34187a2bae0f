import Failure
import OCI
import Progress

/// All blobs that entries name, each once.
func distinctBlobs(of entries: some Sequence<CacheEntry>) -> [Digest: Int64] {
    entries.reduce(into: [:]) { blobs, entry in blobs.merge(entry.blobs, uniquingKeysWith: max) }
}

/// `40 MB in 20 blobs`
func inWords(blobs: [Digest: Int64]) -> String {
    "\(humanSize(byteCount(of: blobs.values))) in \(counted(blobs.count, "blob", "blobs"))"
}

/// `1 entry`, `2 entries`
func counted(_ count: Int, _ one: String, _ several: String) -> String { "\(count) \(count == 1 ? one : several)" }

/// What is said of tags that are not ours.
func othersInWords(_ count: Int) -> String {
    "left alone \(counted(count, "tag", "tags")) of which stacker knows nothing"
}

/// A text of somebody else's as one word of a table, or of a list: what has blanks or nothing in it is quoted.
func shownWord(_ text: String) -> String {
    text.isEmpty || text.contains { $0.isWhitespace || $0 == "\"" } ? quoted(text) : shown(text, limit: 80)
}
