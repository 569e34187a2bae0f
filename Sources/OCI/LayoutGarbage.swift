import Failure
import FileTree
import SystemPackage

/// The collection of what no entry of a layout's index reaches. No stacker uses the layout as long as this value lives.
///
/// Other programs respect no lock of ours, and write blobs before they name them in the index. So what may be theirs stays
/// for a while.
package struct LayoutCollection: Sendable {
    /// Where it collects.
    package let layout: Layout
    private let lock: LayoutLock

    /// How old a blob is, in seconds, that nobody is about to name any more.
    package static let grace: Int64 = 3600

    /// - Returns: `nil` if another stacker uses the layout: it may count on blobs that no index names.
    package init?(of layout: Layout) throws {
        guard let lock = try attempt("couldn't lock \(layout.path)", { try LayoutLock.collection(of: layout) })
        else { return nil }
        self.layout = layout
        self.lock = lock
    }

    /// The names of blobs that are not needed, and of left-overs of writers that were killed.
    ///
    /// - Parameters:
    ///   - reached: what is needed.
    ///   - isOurs: whether a stacker has written a blob. Others must be older than ``grace``.
    ///   - now: when it is.
    package func garbage(
        keeping reached: Set<Digest>, now: Timestamp = .now, isOurs: (Digest, FileStatus) throws -> Bool
    ) throws -> [FilePath] {
        try layout.garbage(keeping: reached).filter { name in
            guard let digest = Digest(hex: name.string), let status = try layout.blobs.status(name) else { return true }
            return try isOurs(digest, status) || now.seconds - status.changed.seconds > Self.grace
        }
    }

    /// Removes blobs that are not needed, and left-overs.
    package func remove(keeping reached: Set<Digest>, isOurs: (Digest, FileStatus) throws -> Bool) throws {
        try attempt("couldn't remove unused blobs of \(layout.path)") {
            for name in try garbage(keeping: reached, isOurs: isOurs) { try layout.blobs.removeTree(name) }
            Workshop.removeDead(in: layout.root)
        }
    }
}

extension Layout {
    /// The names of the other blobs, and of left-overs of writers that were killed.
    package func garbage(keeping reached: Set<Digest>) throws -> [FilePath] {
        try blobs.names().filter { name in
            Digest(hex: name.string).map { !reached.contains($0) } ?? name.isTemporary
        }
    }

    /// The names, beside `index.json`, of what writers have made that live or were killed.
    package func leftovers() throws -> [FilePath] { try Workshop.names(in: root) }

    /// The directory beside whose `index.json` writers make things.
    package var directory: Directory { root }
}
