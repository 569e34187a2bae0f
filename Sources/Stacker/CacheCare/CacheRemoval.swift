import Failure
import FileTree
import OCI
import Registry
import Synchronization

/// Entries of a shared cache that go, with the marks of their use, and what is said of it.
package struct CacheRemoval: Sendable {
    private let inventory: CacheInventory
    private let going: [CacheEntry]
    /// Entries that were to go, and a tag of somebody else's that would go with each.
    private let kept: [(entry: CacheEntry, tag: String)]
    /// Marks of entries that are gone, and notes that are old.
    private let orphans: [Digest]
    /// What else there is to say.
    private let remarks: [String]
    private let isTrial: Bool
    /// How many of them somebody else had deleted when it was their turn.
    private var missing = 0

    /// - Parameters:
    ///   - entries: what is to go, in the order in which it is listed.
    ///   - othersTags: manifests that have a tag which is not ours: none of them goes.
    ///   - clearsMarks: whether marks of entries that are gone go, too.
    ///   - old: other notes that go.
    ///   - isTrial: whether it is only said.
    init(
        of entries: [CacheEntry], from inventory: CacheInventory, keeping othersTags: [Digest: String],
        clearsMarks: Bool, old: [Digest] = [], remarks: [String], isTrial: Bool
    ) {
        self.inventory = inventory
        self.remarks = remarks
        self.isTrial = isTrial
        going = entries.filter { othersTags[$0.digest] == nil }
        kept = entries.compactMap { entry in othersTags[entry.digest].map { (entry, $0) } }
        let orphans = clearsMarks ? inventory.orphans.values + old : []
        self.orphans = orphans.filter { othersTags[$0] == nil }
        marks = going.flatMap(\.keys).compactMap { inventory.marks[$0] }.filter { othersTags[$0] == nil }
    }

    /// The marks of what goes.
    private let marks: [Digest]

    /// - Throws: `Failure` if entries stay that were asked for.
    package func requireAll() throws {
        guard !kept.isEmpty else { return }
        throw Failure(
            "\(counted(kept.count, "entry stays", "entries stay")), since a tag that is not stacker's would go, too",
            help: "delete that tag first, if nobody needs it")
    }

    /// Deletes them, unless this is a trial.
    ///
    /// - Throws: `Failure` that says how many had gone before something failed.
    mutating func run(_ artifacts: ArtifactRepository, of repository: SharedRepository) throws {
        guard !isTrial else { return }
        let counts = Mutex((gone: 0, missing: 0))
        do {
            try artifacts.delete(going.map(\.digest)) { _, wasThere in
                counts.withLock { wasThere ? ($0.gone += 1) : ($0.missing += 1) }
            }
            // A mark without an entry does no harm, and goes next time.
            try artifacts.delete(Array(Set(marks + orphans))) { _, _ in }
        } catch {
            let gone = counts.withLock(\.gone)
            throw Failure("couldn't remove all of \(repository), only \(gone) of \(going.count)", because: error)
        }
        missing = counts.withLock(\.missing)
    }

    /// A line for each, and the sum.
    package func text() -> String {
        let digests = Set(going.map(\.digest))
        let staying = inventory.entries.filter { !digests.contains($0.digest) }
        let blobs = distinctBlobs(of: staying)
        let freed = distinctBlobs(of: going).filter { blobs[$0.key] == nil }
        var sum = "nothing to remove"
        if !going.isEmpty {
            sum =
                "\(isTrial ? "would remove" : "removed") \(counted(going.count, "entry", "entries")), \(inWords(blobs: freed))"
        }
        sum +=
            "; " + (staying.isEmpty ? "nothing is" : "\(counted(staying.count, "entry is", "entries are"))") + " left"
        if !staying.isEmpty { sum += ", \(inWords(blobs: blobs))" }
        var lines = going.map(\.line)
        lines += kept.map { "kept \($0.entry.line): it has the tag \(shownWord($0.tag)), too, which is not stacker's" }
        lines += remarks
        if missing > 0 { lines.append("\(missing) had been removed by somebody else meanwhile") }
        let rest = inventory.others.count
        if rest > 0 { lines.append(othersInWords(rest)) }
        return (lines + [sum]).joined(separator: "\n")
    }
}
