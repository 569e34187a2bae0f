import Containers
import Failure
import FileTree
import Glibc
import Host
import OCI
import Recipes
import Roots
import SystemPackage

/// What `cache_dirs:` shows to the scripts of a layer, and keeps from build to build: directories below the stacker
/// directory, in `cache_dirs/LAYER/`, in one whose name stands for the recipe and the platform.
///
/// Nobody else can get into that one, whatever the modes of what is in it: the script may need some that let everybody in.
struct CacheDirectories {
    /// Where they are, in the stacker directory.
    static let directory: FilePath = "cache_dirs"
    /// How long another build is waited for, in seconds.
    private static let patience = 60

    private let layer: LayerDefinition
    private let recipe: RecipeSource.Location?
    private let stacker: FilePath
    private let log: Log
    private let cancellation: Cancellation

    /// - Parameter recipe: where the layer's stacker file is; `nil` for a layer without one, which has none of these.
    init(of layer: LayerDefinition, in recipe: RecipeSource.Location?, _ context: BuildContext) {
        (self.layer, self.recipe) = (layer, recipe)
        (stacker, log, cancellation) = (context.directories.stacker, context.log, context.cancellation)
    }

    /// The directories, with the lock on them. What is missing is made.
    ///
    /// - Throws: `Failure` also if another build has had them for a minute, or if something is there that no build has made.
    func open() throws -> OpenCacheDirectories {
        guard !layer.cacheDirectories.isEmpty, let recipe else { return OpenCacheDirectories() }
        return try attempt("couldn't open the cache directories of \(layer.name)", help: Self.remedy) {
            let (slot, path) = try lockedSlot(recipe)
            let directories = try layer.cacheDirectories.map { entry in
                let name = Self.name(of: entry.path)
                return OpenCacheDirectories.Entry(
                    definition: entry, directory: try slot.makePlainDirectory(name, exclusive: false),
                    source: path.pushing(name))
            }
            return OpenCacheDirectories(entries: directories, slot: slot)
        }
    }

    /// Removes what is in them. They are not there, or as they were, at any kill: never half of it.
    func empty() throws {
        guard !layer.cacheDirectories.isEmpty, let recipe else { return }
        try attempt("couldn't empty the cache directories of \(layer.name)", help: Self.remedy) {
            let (slot, _) = try lockedSlot(recipe)
            for name in try slot.names() where name != CacheRecord.name {
                guard !name.isTemporary else {
                    try slot.removeTree(name)
                    continue
                }
                let temporary = FilePath.temporaryName(for: name.string)
                try slot.rename(name, to: temporary)
                try slot.removeTree(temporary)
            }
        }
    }

    private static let remedy = "nothing in a cache is needed: stacker clean removes it, with all that builds have made"

    /// The name of the directory for a path of the container.
    static func name(of path: FilePath) -> FilePath { FilePath(Digest(of: path.string.utf8).hex) }

    /// The directory of this layer of this recipe for this platform, with nobody else in it, and where it is: a path without
    /// symlinks.
    private func lockedSlot(_ recipe: RecipeSource.Location) throws -> (Directory, FilePath) {
        let record = CacheRecord(
            recipe: recipe.description, platform: "\(layer.platform.os)/\(layer.platform.architecture)",
            paths: layer.cacheDirectories.map(\.path.string))
        var (slot, path) = (try Directory(at: stacker), try stacker.resolved())
        for name in [Self.directory, FilePath(layer.name), record.slotName] {
            slot = try slot.makePrivateDirectory(name)
            path.append(name.components)
        }
        try lock(slot, path)
        // The directories of paths that are no longer named stay until the next gc: a branch may name them again.
        if try CacheRecord(in: slot) != record { try record.write(in: slot) }
        return (slot, path)
    }

    private func lock(_ slot: Directory, _ path: FilePath) throws {
        if try slot.file.tryLock(.exclusive) { return }
        // A second try: a program that is just being started has, for an instant, all that this process had open.
        usleep(20_000)
        if try slot.file.tryLock(.exclusive) { return }
        log.info("waiting for another build that has the cache directories of \(layer.name)")
        guard try slot.file.lock(.exclusive, within: Self.patience, checkpoint: cancellation.check) else {
            throw Failure(
                "another process has had \(path) locked for \(Self.patience) seconds",
                help: "see who has it open: fuser -v \(path)")
        }
    }
}

/// The cache directories of a layer while scripts have them: nobody else gets them as long as this lives.
struct OpenCacheDirectories {
    struct Entry {
        let definition: CacheDirectory
        let directory: Directory
        /// Where it is, without symlinks.
        let source: FilePath
    }

    var entries: [Entry] = []
    /// Has the lock.
    var slot: Directory?

    /// The mounts, in the order of the recipe.
    var mounts: [ContainerMount] {
        entries.map { entry in
            ContainerMount(
                source: entry.source, target: FilePath(root: nil, entry.definition.path.components), readOnly: false,
                isDirectory: true)
        }
    }

    /// Refuses one where the image has a file.
    func refuseFiles(in view: MergedView) throws {
        for entry in entries.map(\.definition) {
            let what = "\(entry.position): couldn't mount a cache directory on \(entry.path)"
            let place = try attempt(what) { try view.resolve(FilePath(root: nil, entry.path.components)) }
            if case .file? = place.node {
                throw Failure("\(what): it is a file in the image", help: "name a directory, or what is to become one")
            }
        }
    }

    /// Makes each like the image's directory that it hides, as far as the recipe doesn't say otherwise: a user of the image
    /// can write where that user could. Refuses one that a symlink of the image leads to a place of stacker's own.
    ///
    /// - Parameter targets: where they are mounted, symlinks followed; one for each.
    func adopt(_ view: MergedView, at targets: some Sequence<FilePath>) throws {
        for (entry, target) in zip(entries, targets) {
            let definition = entry.definition
            let place = FilePath("/").pushing(target)
            if let objection = ReservedPlace.objection(to: place) {
                throw Failure(
                    "\(definition.position): \(definition.path) is \(place) in the image, which can't be a cache "
                        + "directory: \(objection)")
            }
            var hidden: FileStatus?
            if case .directory(let directory)? = try view.resolve(target).node {
                hidden = try directory.top.file.status()
            }
            try attempt("\(definition.position): couldn't set owner and mode of cache directory \(definition.path)") {
                try entry.directory.become(
                    owner: definition.uid ?? hidden?.uid ?? 0, group: definition.gid ?? hidden?.gid ?? 0,
                    permissions: definition.mode ?? hidden?.permissions ?? 0o755)
            }
        }
    }
}

extension Directory {
    /// Opens a subdirectory that nobody else can get into; makes it if need be.
    fileprivate func makePrivateDirectory(_ name: FilePath) throws -> Directory {
        let directory = try attempt("couldn't open \(name)") {
            try makePlainDirectory(name, mode: 0o700, exclusive: false)
        }
        if try directory.file.status().permissions != 0o700 {
            try checked(fchmod(directory.file.number, 0o700), at: directory.file.place)
        }
        return directory
    }
}
