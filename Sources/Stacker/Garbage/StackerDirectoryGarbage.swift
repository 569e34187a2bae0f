import FileTree
import OCI
import SystemPackage

/// What of the stacker directory nothing refers to, but for pulled images.
struct StackerDirectoryGarbage {
    private let path: FilePath
    private(set) var items: [GarbageItem] = []

    init(_ directory: Directory, at path: FilePath, _ builds: LiveBuilds) throws {
        self.path = path
        try addLeftOvers(directory)
        try forEach(below: "imports", of: directory) { name, parent, place in
            guard !builds.layers.contains(name.string) else { return [] }
            return [try GarbageItem(.imports, name, in: parent, at: place)]
        }
        try forEach(below: CacheDirectories.directory, of: directory) { name, parent, place in
            guard builds.layers.contains(name.string) else {
                return [try GarbageItem(.cacheDirectory, name, in: parent, at: place)]
            }
            return try Self.cacheDirectories(of: name, parent, place)
        }
        try forEach(below: "downloads", of: directory) { name, parent, place in
            try Self.downloads(name, parent, place) { _ in builds.downloads.contains(name.string) }
        }
        try forEach(below: "layer-bases/http", of: directory) { name, parent, place in
            try Self.downloads(name, parent, place) { $0.map { builds.bases.contains($0.digest) } ?? false }
        }
    }

    private mutating func forEach(
        below directory: FilePath, of stacker: Directory,
        _ body: (_ name: FilePath, _ parent: Directory, _ place: FilePath) throws -> [GarbageItem]
    ) throws {
        // Somebody may have made a symlink of it: what it leads to is not stacker's.
        guard let parent = try? stacker.directory(directory) else { return }
        for name in try parent.names() { items += try body(name, parent, path.pushing(directory)) }
    }

    /// What a killed run leaves: files that were not whole, and the directories of containers.
    private mutating func addLeftOvers(_ directory: Directory) throws {
        for name in try directory.names() {
            let isDirectory = try directory.status(name)?.kind == .directory
            let isOfRun =
                ["oci-labels", BindMounts.directory].contains(name.string) || name == SharedDraft.directoryName
                || Self.isOfContainer(name)
            guard name.isTemporary || isDirectory && isOfRun else { continue }
            items.append(try GarbageItem(.temporary, name, in: directory, at: path))
        }
    }

    /// `stacker-PID-RANDOM`, as ``ContainerDirectory`` calls it.
    private static func isOfContainer(_ name: FilePath) -> Bool {
        let parts = name.string.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "stacker" else { return false }
        return UInt32(parts[1]) != nil && UInt64(parts[2], radix: 36) != nil
    }

    /// Of a layer that is there, the cache directories of recipes that are gone, and of paths that the last build had not.
    private static func cacheDirectories(
        of layer: FilePath, _ parent: Directory, _ place: FilePath
    ) throws -> [GarbageItem] {
        guard let directory = try? parent.directory(layer) else { return [] }
        let place = place.pushing(layer)
        return try directory.names().flatMap { name -> [GarbageItem] in
            guard let slot = try? directory.directory(name) else { return [] }
            guard let record = try CacheRecord(in: slot), record.slotName == name, record.hasRecipe else {
                return [try GarbageItem(.cacheDirectory, name, in: directory, at: place)]
            }
            let kept = Set(record.paths.map { CacheDirectories.name(of: FilePath($0)) } + [CacheRecord.name])
            return try slot.names().filter { !kept.contains($0) }.map {
                try GarbageItem($0.isTemporary ? .temporary : .cacheDirectory, $0, in: slot, at: place.pushing(name))
            }
        }
    }

    /// The place of a URL, or what in it is older than what is used.
    private static func downloads(
        _ name: FilePath, _ parent: Directory, _ place: FilePath, isNeeded: (DownloadedFile?) -> Bool
    ) throws -> [GarbageItem] {
        guard Digest(hex: name.string) != nil, let directory = try? parent.directory(name) else { return [] }
        let files = try directory.names()
        let isOurs = { (file: FilePath) in Digest(hex: file.string) != nil || file.string == "download.tmp" }
        guard files.allSatisfy(isOurs) else { return [] }
        let current = try DownloadStore(at: place.pushing(name)).current()
        guard isNeeded(current) else { return [try GarbageItem(.download, name, in: parent, at: place)] }
        return try files.filter { $0.string != current?.digest.hex }.map {
            let kind = $0.string == "download.tmp" ? GarbageItem.Kind.temporary : .download
            return try GarbageItem(kind, $0, in: directory, at: place.pushing(name))
        }
    }
}
