import Failure
import FileTree
import Glibc
import OCI
import SystemPackage

/// `stacker gc`: what is under stacker's three directories and nothing refers to.
///
/// Nothing that somebody else may have put there is touched: only what has a name that stacker gives, and in the layout of
/// pulled images, whose blobs have no owner's mark, what is known to have been pulled.
public struct GarbageCollection {
    private let directories: StackerDirectories
    private let roots: RootsDirectory?
    private let locks: [Lock]
    private var items: [GarbageItem] = []
    private var pulled: PulledImages?
    private let takesAll: Bool
    /// The output layout, which nobody else uses meanwhile.
    private var collection: LayoutCollection?
    /// Places that were not looked at, and why.
    private var skipped: [String] = []

    /// Looks for it; nothing is changed.
    ///
    /// - Parameter all: whether blobs of the output layout that another program may be about to name go, too.
    /// - Throws: a failure also if a build is under way.
    public init(in directories: StackerDirectories, all: Bool = false) throws {
        self.directories = directories
        takesAll = all
        try directories.refuseForeign()
        locks = try directories.locks()
        roots = try? RootsDirectory(reading: directories.roots)
        let output = try Layout(ifThereAt: directories.oci)
        let stacker = access(directories.stacker.string, F_OK) == 0 ? try Directory(at: directories.stacker) : nil
        guard let stacker else {
            try addLayers(of: nil, output)
            return
        }
        let builds = try attempt(
            "couldn't find out what the last builds need", help: "without the file, all would be built anew"
        ) {
            try LiveBuilds(BuildCache(in: directories.stacker, log: nil), roots, output)
        }
        pulled = try PulledImages(in: directories.stacker, builds)
        try addLayers(of: builds, output)
        items += try StackerDirectoryGarbage(stacker, at: directories.stacker, builds).items
        if let pulled { items += try pulled.items }
    }

    /// Adds what the roots directory and the output layout have.
    private mutating func addLayers(of builds: LiveBuilds?, _ output: Layout?) throws {
        var blobs = builds?.blobs ?? []
        if let output {
            blobs.formUnion(try output.reach(from: output.index().manifests + (builds?.images ?? [])))
            try addBlobs(of: output, keeping: blobs)
        }
        if let pulled { blobs.formUnion(pulled.kept) }
        if let roots { items += try RootsGarbage(roots, blobs, builds?.layers ?? []).items }
    }

    /// Adds the blobs of the output layout that are not needed, unless somebody is about to need them.
    private mutating func addBlobs(of output: Layout, keeping blobs: Set<Digest>) throws {
        guard let collection = try LayoutCollection(of: output) else {
            return skipped.append("\(output.path): another stacker is writing to it, or publishing from it")
        }
        self.collection = collection
        let written = try WrittenBlobs(in: directories.stacker).known()
        let garbage = try collection.garbage(keeping: blobs) { takesAll || written[$0] == $1.inode }
        items += try garbage.map {
            try GarbageItem($0.isTemporary ? .temporary : .blob, $0, in: output.blobs, at: output.blobsPath)
        }
        items += try collection.leftovers().map {
            try GarbageItem(.temporary, $0, in: output.directory, at: output.path)
        }
    }

    /// Removes all of it. To be killed half-way does no harm.
    public func remove() throws {
        defer { withExtendedLifetime(locks) {} }
        try pulled?.forget()
        for item in items {
            try attempt("couldn't remove \(item.path)") { try item.remove(roots) }
        }
        try pulled?.finish()
    }

    // MARK: - What is said

    private var total: Int64 { items.reduce(0) { $0 + ($1.size ?? 0) } }

    /// A line for each, and the sum.
    public func text(removed: Bool) -> String {
        let lines = items.map { "\($0.path) (\($0.kind.rawValue), \($0.size.map(humanSize) ?? "size unknown"))" }
        let sum =
            items.isEmpty
            ? "nothing to remove" : "\(removed ? "removed" : "would remove") \(items.count), \(humanSize(total))"
        return (skipped.map { "left alone \($0)" } + lines + [sum]).joined(separator: "\n")
    }

    /// An object with `removed`, `total` in bytes, `items`, and `skipped`: the places that were not looked at.
    public func json(removed: Bool) throws -> String {
        try JSON.text(Report(removed: removed, total: total, items: items, skipped: skipped))
    }

    private struct Report: Encodable {
        let removed: Bool
        let total: Int64
        let items: [GarbageItem]
        let skipped: [String]
    }
}

extension Layout {
    /// The directory of the blobs.
    var blobsPath: FilePath { path.appending("blobs").appending("sha256") }
}

extension FilePath {
    /// Whether it is a name under which something is written that is not whole.
    var isTemporary: Bool { string.hasPrefix(".") && string.hasSuffix(".tmp") }
}
