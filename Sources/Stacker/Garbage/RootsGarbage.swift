import FileTree
import OCI
import Roots
import SystemPackage

/// What of the roots directory nothing refers to.
struct RootsGarbage {
    private let roots: RootsDirectory
    private(set) var items: [GarbageItem] = []

    /// What killed runs of a container leave in a layer's storage.
    private static let ofRuns: Set = ["labels", "oci-labels", "resolv.conf", "session", "targets", "work"]

    /// - Parameters:
    ///   - blobs: the layers that are referred to.
    ///   - layers: the layers of recipes whose storage is.
    init(_ roots: RootsDirectory, _ blobs: Set<Digest>, _ layers: Set<String>) throws {
        self.roots = roots
        let names = try roots.directory.names()
        let aliases = try Self.aliases(names, roots.directory)
        var live = blobs
        let parts = try Self.parts(of: &live, and: layers, in: roots)
        // Whatever name a layer is referred to by, its directory is.
        live.formUnion(aliases.filter { live.contains($0.key) }.values)
        let present = Set(names.compactMap { Digest(directoryName: $0.string) }).subtracting(aliases.keys)
        // Before the directories: a name that leads nowhere would keep the layer from ever being unpacked again.
        for (alias, target) in aliases.sorted(by: { $0.key < $1.key })
        where !present.contains(target) || !live.contains(target) {
            try add(.alias, alias.directoryName)
        }
        for digest in present.subtracting(live).sorted() { try add(.layer, digest.directoryName) }
        for name in try roots.deadRuns() { try add(.temporary, name) }
        for digest in present.intersection(live).sorted() {
            try addRestored(of: digest.directoryName, live)
            try addLeftOvers(of: digest.directoryName) { $0.isTemporary }
        }
        for name in names where Digest(directoryName: name.string) == nil {
            if name.isTemporary || name.string.hasPrefix(RootsDirectory.temporaryPrefix)
                || name.string.hasPrefix(NearestDirectory.probePrefix)
            {
                try add(.temporary, name)
            } else if RootsDirectory.isContentName(name.string) {
                if !parts.contains(name) { try add(.part, name) }
            } else if layers.contains(name.string) {
                try addLeftOvers(of: name) { Self.ofRuns.contains($0.string) || $0.isTemporary }
            } else if !name.string.hasPrefix("."), try isStorage(name) {
                try add(.storage, name)
            }
        }
    }

    /// The directories that collapsed layers are put together of, and those that upperdirs and overlay dirs have become.
    ///
    /// - Parameter live: the layers that are referred to; those that others are put together of are added.
    private static func parts(
        of live: inout Set<Digest>, and layers: Set<String>, in roots: RootsDirectory
    ) throws -> Set<FilePath> {
        var parts: Set<FilePath> = []
        var rest = Array(live)
        while let digest = rest.popLast() {
            for directory in try roots.mergedLayer(digest)?.directories ?? [] {
                guard let name = FilePath(directory).components.first else { continue }
                if let other = Digest(directoryName: name.string) {
                    if live.insert(other).inserted { rest.append(other) }
                } else {
                    parts.insert(FilePath(root: nil, [name]))
                }
            }
        }
        for layer in layers { parts.formUnion(try roots.layer(layer).linkedParts()) }
        return parts
    }

    /// The symlinks among the layers, and the directories to which they lead, be it through others.
    private static func aliases(_ names: [FilePath], _ directory: Directory) throws -> [Digest: Digest] {
        var aliases: [Digest: Digest] = [:]
        for name in names {
            guard let alias = Digest(directoryName: name.string), try directory.status(name)?.kind == .symlink,
                let target = Digest(directoryName: try directory.symlinkTarget(name).string)
            else { continue }
            aliases[alias] = target
        }
        return aliases.mapValues { target in
            var end = target
            var steps = 0
            while let next = aliases[end], steps < aliases.count { (end, steps) = (next, steps + 1) }
            return end
        }
    }

    private mutating func add(_ kind: GarbageItem.Kind, _ name: FilePath) throws {
        items.append(try GarbageItem(kind, name, in: roots.directory, at: roots.path))
    }

    private mutating func addRestored(of layer: FilePath, _ live: Set<Digest>) throws {
        let gone = try roots.restoredOnNothing(layer) { live.contains($0) }
        guard !gone.isEmpty else { return }
        let directory = try roots.directory.directory(layer)
        for name in gone {
            items.append(try GarbageItem(.restored, name, in: directory, at: roots.path.pushing(layer)))
        }
    }

    private mutating func addLeftOvers(of layer: FilePath, _ isLeftOver: (FilePath) -> Bool) throws {
        guard let directory = try? roots.directory.directory(layer) else { return }
        for name in try directory.names() where isLeftOver(name) {
            items.append(try GarbageItem(.temporary, name, in: directory, at: roots.path.pushing(layer)))
        }
    }

    /// Whether a build has made this directory; anything else is somebody's own.
    private func isStorage(_ name: FilePath) throws -> Bool {
        guard try roots.directory.status(name)?.kind == .directory else { return false }
        let content = Set(try roots.directory.directory(name).names().map(\.string))
        return content.contains("overlay_metadata.json") || content.contains("overlay_base.json")
            || content.isSuperset(of: ["overlay", "rootfs"])
    }
}
