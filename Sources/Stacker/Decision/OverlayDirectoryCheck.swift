import Failure
import Recipes
import Roots
import SystemPackage

/// Says what became of a layer's overlay dirs since they were copied.
struct OverlayDirectoryCheck {
    let storage: LayerDirectory
    let digests: FileDigests
    /// Whether all overlay dirs are listed, and not two of them only.
    let isVerbose: Bool

    /// - Parameter changed: the paths, as written, of the overlay dirs whose contents have changed.
    /// - Returns: what is to follow `cache miss because`; `nil` if nothing changed.
    func change(of layer: LayerDefinition, changed: Set<String>) throws -> String? {
        // The copies stand first in the metadata, save for an archive that is below them.
        let copies = try storage.metadata()?.overlayDirectories ?? []
        let archives = max(0, copies.count - layer.overlayPieces(on: nil).count)
        let entries = zip(layer.overlayDirectories, copies.dropFirst(archives)).map { (entry: $0, copy: $1) }
        guard entries.count == layer.overlayDirectories.count else {
            return "overlay_dir was missing: \(storage.path)"
        }
        if let missing = try entries.first(where: { try !storage.holds($0.copy) }) {
            return "overlay_dir was missing: \(missing.entry.path)"
        }
        let all = entries.filter { changed.contains($0.entry.path) }
        if all.isEmpty { return nil }
        var lines = ["content of \(all.count) overlay dirs changed:"]
        let listed = isVerbose ? all[...] : all.prefix(2)
        for (entry, copy) in listed {
            lines.append("Changed overlay_dir: \(entry.source)")
            lines += try changedFiles(entry, copy).map { entry.source.pushing($0).string }
        }
        if listed.count < all.count {
            lines.append("and \(all.count - listed.count) other overlay_dirs. use --debug for complete output")
        }
        return lines.joined(separator: "\n")
    }

    /// The files that are not what they are in the copy, relative to the overlay dir.
    private func changedFiles(_ entry: OverlayDirectory, _ copy: OverlayDirectoryCopy) throws -> [FilePath] {
        let path = storage.place(of: copy)
        return try attempt("couldn't compare overlay_dir \(entry.path) with \(path)") {
            guard case .directory(let now) = try SourceNode(at: entry.source, following: true),
                case .directory(let before) = try SourceNode(at: path, following: true)
            else { return [] }
            var comparison = TreeComparison(digests: digests)
            // The copy has the times of what was copied, so that most files need not be read to be compared. If that
            // finds nothing, somebody has set a time back.
            return try comparison.differences(now, before, trustingTimes: true)
                ?? comparison.differences(now, before, trustingTimes: false) ?? []
        }
    }
}
