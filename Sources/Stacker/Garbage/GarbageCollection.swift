import Failure
import FileTree
import Glibc
import OCI
import Progress
import Roots
import SystemPackage

/// `stacker gc`: what is under stacker's three directories and nothing refers to.
///
/// Nothing that somebody else may have put there is touched: only what has a name that stacker gives, and in the layout of
/// pulled images, whose blobs have no owner's mark, what is known to have been pulled.
package struct GarbageCollection {
    private let directories: StackerDirectories
    private let roots: RootsDirectory?
    private let locks: DirectoryLocks
    private var items: [GarbageItem] = []
    private var pulled: PulledImages?
    private let takesAll: Bool
    private let output: Layout?
    /// What of the output layout is not needed.
    private var blobs: [GarbageItem] = []
    /// What is needed there though no tag leads to it: the cache does.
    private var cached: (images: [Descriptor], blobs: Set<Digest>) = ([], [])
    /// Places that were not looked at, and why.
    private var skipped: [String] = []
    /// Of these, those that were found before blobs were looked for.
    private var doubts: [String] = []

    /// Looks for it; nothing is changed.
    ///
    /// - Parameter all: whether blobs of the output layout that another program may be about to name go, too.
    /// - Throws: a failure also if a build is under way.
    package init(in directories: StackerDirectories, all: Bool = false) throws {
        self.directories = directories
        takesAll = all
        try directories.refuseForeign()
        locks = try directories.locks()
        // What is not locked was not there, and is a build's that began since.
        roots = try locks.roots.flatMap { _ in try RootsDirectory(ifOursAt: directories.roots) }
        output = try Layout(ifThereAt: directories.oci)
        let stacker = try locks.stacker.map { _ in try Directory(at: directories.stacker) }
        guard let stacker else {
            try addLayers(of: nil)
            return
        }
        let builds = try attempt(
            "couldn't find out what the last builds need", help: "without the file, all would be built anew"
        ) {
            try LiveBuilds(BuildCache(in: directories.stacker, log: nil), roots, output)
        }
        pulled = try PulledImages(in: directories.stacker, builds)
        cached = (builds.images, builds.blobs)
        try addLayers(of: builds)
        items += try StackerDirectoryGarbage(stacker, at: directories.stacker, builds).items
        if let pulled { items += try pulled.items }
    }

    /// Adds what the roots directory and the output layout have.
    private mutating func addLayers(of builds: LiveBuilds?) throws {
        var kept = cached.blobs
        do {
            if let output { kept = try needed(in: output) }
        } catch let failure as Failure {
            // Which of the unpacked layers an image needs is not known either.
            doubts = [roots?.path].compactMap(\.self).map { Self.leftAlone($0, because: failure) }
            _ = try findBlobs()
            return
        }
        if let pulled { kept.formUnion(pulled.kept) }
        if let roots {
            if try roots.hasLiveRun {
                doubts = ["\(roots.path): stacker run has an image of it running, or build --reproduce is under way"]
            } else {
                items += try RootsGarbage(roots, kept, builds?.layers ?? []).items
            }
        }
        _ = try findBlobs()
    }

    private func needed(in output: Layout) throws -> Set<Digest> {
        try output.needed(beside: cached.images).union(cached.blobs)
    }

    private static func leftAlone(_ path: FilePath, because failure: Failure) -> String {
        "\(path): \(failure)\(failure.advice.map { "; \($0)" } ?? "")"
    }

    /// Finds the blobs of the output layout that are not needed, unless somebody is about to need them.
    ///
    /// - Returns: what keeps it so, for as long as it lives.
    private mutating func findBlobs() throws -> LayoutCollection? {
        (blobs, skipped) = ([], doubts)
        guard let output else { return nil }
        guard let collection = try LayoutCollection(of: output) else {
            skipped.append("\(output.path): another stacker is writing to it, or publishing from it")
            return nil
        }
        let kept: Set<Digest>
        do {
            kept = try needed(in: output)
        } catch let failure as Failure {
            skipped.append(Self.leftAlone(output.path, because: failure))
            return nil
        }
        let isOurs = try WrittenBlobs(in: directories.stacker).recognizer(in: output)
        let garbage = try collection.garbage(keeping: kept) { try takesAll || isOurs($0, $1) }
        blobs = try garbage.map {
            try GarbageItem($0.isTemporary ? .temporary : .blob, $0, in: output.blobs, at: output.blobsPath)
        }
        blobs += try output.leftovers().filter(mayBeRemoved).map {
            try GarbageItem(.temporary, $0, in: output.directory, at: output.path)
        }
        return collection
    }

    /// Another user's that was killed is theirs, or root's, to remove.
    private func mayBeRemoved(_ name: FilePath) -> Bool {
        guard let output, let directory = try? output.directory.directory(name) else { return false }
        return faccessat(directory.file.number, ".", W_OK | X_OK, 0) == 0
    }

    /// Removes all of it. To be killed half-way does no harm.
    package mutating func remove() throws {
        defer { withExtendedLifetime(locks) {} }
        try removeBlobs()
        try pulled?.forget()
        for item in items { try remove(item) }
        try pulled?.finish()
    }

    /// Looks once more, since others may have written to the layout since, and keeps them out no longer than it takes.
    private mutating func removeBlobs() throws {
        let collection = try findBlobs()
        defer { withExtendedLifetime(collection) {} }
        for item in blobs { try remove(item) }
    }

    private func remove(_ item: GarbageItem) throws {
        try attempt("couldn't remove \(item.path)") { try item.remove(roots) }
    }

    // MARK: - What is said

    private var all: [GarbageItem] { blobs + items }

    private var total: Int64 { all.reduce(0) { $0 + ($1.size ?? 0) } }

    /// A line for each, and the sum.
    package func text(removed: Bool) -> String {
        let lines = all.map { "\($0.path) (\($0.kind.rawValue), \($0.size.map(humanSize) ?? "size unknown"))" }
        let sum =
            all.isEmpty
            ? "nothing to remove" : "\(removed ? "removed" : "would remove") \(all.count), \(humanSize(total))"
        return (skipped.map { "left alone \($0)" } + lines + [sum]).joined(separator: "\n")
    }

    /// An object with `removed`, `total` in bytes, `items`, and `skipped`: the places that were not looked at.
    package func json(removed: Bool) throws -> String {
        try JSON.text(Report(removed: removed, total: total, items: all, skipped: skipped))
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
