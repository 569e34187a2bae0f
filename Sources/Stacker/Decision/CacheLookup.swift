import Failure
import Layers
import OCI
import Recipes
import Roots

/// Whether a layer must be built, and why.
enum CacheDecision {
    /// What was built last time still holds.
    case hit(BuildCache.Entry)
    /// It still holds, and has no images of these types yet: they can be made of it.
    case lacking([LayerType], BuildCache.Entry)
    /// It must be built; the message explains it, and there is none for a layer that is new.
    case miss(String?)
}

/// Decides for one layer after the other, just before it would be built: earlier layers may have changed what it takes.
struct CacheLookup {
    let bases: Bases

    var context: BuildContext { bases.context }
    private var request: BuildRequest { context.request }
    private var roots: RootsDirectory { context.roots }

    /// Everything that decides what comes out of the layer's build.
    ///
    /// - Parameter mayUnpack: whether layers that are imported from may be unpacked; without it, nothing is written, and a
    ///   file that may not be read is none.
    /// - Returns: `nil` if the base is a layer that has not been built, or if it can't be said without unpacking.
    func inputs(_ layer: RecipeSet.Layer, mayUnpack: Bool) throws -> LayerInputs? {
        let base = try layer.definition.sayingWhereBaseIs {
            try bases.input(layer.base, layer.definition.platform, mayDownload: mayUnpack)
        }
        guard let base else { return nil }
        var isOnBuildOnly = false
        if case .built(let below) = layer.base { isOnBuildOnly = context.cache[below]?.manifests.isEmpty == true }
        let contents = LayerContents(bases: bases, platform: layer.definition.platform)
        let last = context.cache[layer.definition.name]?.inputs
        let files = FileInputs(contents: contents, last: last, reading: mayUnpack ? .everything : .whatIsUnpacked)
        return try inputs(layer, base, files, isOnBuildOnly: isOnBuildOnly)
    }

    /// The same of a layer, where what it needs of other layers may be on other machines.
    ///
    /// - Parameters:
    ///   - identity: what is known of another layer of the recipe; `nil` if nothing is.
    ///   - isBuildOnly: whether another layer of the recipe is build_only.
    /// - Returns: `nil` if something is not known, or can't be read by this user.
    func inputs(
        _ layer: RecipeSet.Layer, knowing identity: @escaping (String) throws -> Digest?, isBuildOnly: (String) -> Bool
    ) throws -> LayerInputs? {
        let platform = layer.definition.platform
        func digest(of base: Base) throws -> Digest? {
            if let name = base.recipeLayer { return try identity(name) }
            return try bases.input(base, platform, mayDownload: true)
        }
        guard let base = try layer.definition.sayingWhereBaseIs({ try digest(of: layer.base) }) else { return nil }
        var isOnBuildOnly = false
        if case .built(let below) = layer.base { isOnBuildOnly = isBuildOnly(below) }
        let files = FileInputs(
            contents: LayerContents(bases: bases, platform: platform), last: nil, reading: .ownFiles(knowing: digest))
        return try inputs(layer, base, files, isOnBuildOnly: isOnBuildOnly)
    }

    private func inputs(
        _ layer: RecipeSet.Layer, _ base: Digest, _ files: FileInputs, isOnBuildOnly: Bool
    ) throws -> LayerInputs? {
        var inputs = LayerInputs()
        for field in layer.definition.fields { inputs.add(.definition, part: field.key, field.text) }
        inputs.add(.base, base)
        inputs.add(.epoch, context.identity.sourceDateEpoch.map { String($0.seconds) } ?? "")
        if !layer.definition.isBuildOnly {
            addCompression(to: &inputs)
            inputs.add(.verity, String(request.addsVerity))
            inputs.add(.annotationsNamespace, request.annotationsNamespace)
            // Where there is nothing to merge it makes no difference.
            if isOnBuildOnly, layer.collapsesBuildOnly ?? request.collapsesBuildOnly { inputs.add(.collapse, "true") }
        }
        do {
            return try files.add(layer.definition, to: &inputs) ? inputs : nil
        } catch let failure as Failure where !files.readsEverything && failure.errno == .permissionDenied {
            // The user's own files that have no read permission can be read inside the namespace.
            return nil
        }
    }

    /// Compares with the last build.
    ///
    /// - Parameter trustsBinds: whether what a script read or wrote in binds, which nobody knows, is taken for the same.
    func decide(
        _ layer: RecipeSet.Layer, _ inputs: LayerInputs?, trustsBinds: Bool = false
    ) throws -> CacheDecision {
        guard !request.ignoresCache, let inputs, var entry = context.cache[layer.definition.name] else {
            return .miss(nil)
        }
        let compared = inputs.taking(ignored(of: entry), from: entry.inputs)
        if let difference = compared.difference(from: entry.inputs) { return .miss("cache miss because \(difference)") }
        let storage = roots.layer(layer.definition.name)
        guard try storage.understandsMetadata(&entry.metadata, context.digests.digest) else {
            return .miss("cache miss because \(storage.metadataPath) is damaged")
        }
        if !layer.definition.overlayDirectories.isEmpty {
            // What the copies were made of is not known.
            if entry.isOutdated(storage) { return .miss("cache miss because \(storage.path) is another build's") }
            let changed = inputs.changedOverlayDirectories(since: entry.inputs)
            let check = OverlayDirectoryCheck(
                storage: storage, digests: context.digests, isVerbose: context.log.level == .debug)
            if let change = try check.change(of: layer.definition, changed: changed) {
                return .miss("cache miss because \(change)")
            }
        }
        if let loss = try loss(of: &entry, layer.definition) { return .miss("cache miss because \(loss)") }
        if layer.definition.bindsHost, !trustsBinds {
            return .miss("rebuilding cached layer due to use of binds in stacker file")
        }
        let missing = try missingTypes(entry, layer.definition)
        guard !missing.isEmpty else { return .hit(entry) }
        // From here on it is true of an image of the layer.
        var written = Set(missing.map(LayerInputs.Name.compression))
        if missing.contains(where: \.hasVerity) { written.insert(.verity) }
        entry.inputs = entry.inputs.taking(written, from: inputs)
        return .lacking(missing, entry)
    }

    /// Adds how the layers of each type that is wanted are compressed. That of tar layers always was an input; of other
    /// types, a level that is not the standard one: so that what was built before there were others still holds, here and
    /// in shared caches.
    private func addCompression(to inputs: inout LayerInputs) {
        inputs.add(.compression(of: .tar), request.compression.record)
        for type in request.layerTypes {
            if let level = request.format(of: type).unusualLevel {
                inputs.add(.compression(of: type), "level \(level)")
            }
        }
    }

    /// The inputs that make no difference: how layers are compressed of a type that is not wanted, or of which there are
    /// none yet, and whether there are dm-verity trees where nothing has one.
    private func ignored(of entry: BuildCache.Entry) -> Set<LayerInputs.Name> {
        let idle = LayerType.allCases.filter { !request.layerTypes.contains($0) || entry.manifests[$0] == nil }
        return Set(idle.map(LayerInputs.Name.compression)).union(ignoresVerity(of: entry) ? [.verity] : [])
    }

    /// Whether it makes no difference if there are dm-verity trees: nothing that could have one is wanted, or nothing that
    /// could have one is there.
    private func ignoresVerity(of entry: BuildCache.Entry) -> Bool {
        !request.layerTypes.contains(where: \.hasVerity) || !entry.manifests.keys.contains(where: \.hasVerity)
    }

    private func missingTypes(_ entry: BuildCache.Entry, _ definition: LayerDefinition) throws -> [LayerType] {
        guard definition.isBuildOnly else { return request.layerTypes.filter { entry.manifests[$0] == nil } }
        // Those below have been dealt with.
        let known = try roots.layer(definition.name).writtenMetadata()?.images ?? [:]
        return request.layerTypes.filter { known[$0] == nil }
    }

    /// What of the last build's outcome is no longer there.
    ///
    /// - Parameter entry: is told what has been found out on the way.
    private func loss(of entry: inout BuildCache.Entry, _ definition: LayerDefinition) throws -> String? {
        if definition.isBuildOnly { return try lossOfDirectories(definition.name, entry) }
        guard let layout = try outputLayout() else { return "\(context.directories.oci) is gone" }
        let storage = roots.layer(definition.name)
        if !definition.overlayPieces(on: nil).isEmpty,
            let copy = try storage.metadata()?.overlayDirectories.first(where: storage.isDamaged)
        {
            return "its directory \(storage.place(of: copy)) is gone"
        }
        let wanted = request.layerTypes.filter { entry.manifests[$0] != nil }
        if wanted.isEmpty, try !entry.manifests.values.contains(where: layout.holdsImage) {
            return "its image is no longer in \(layout.path)"
        }
        let images = KnownImages(layout: layout, roots: roots, digests: context.digests)
        for type in wanted {
            if let loss = try images.loss(of: type, &entry) { return loss }
        }
        return nil
    }

    private func lossOfDirectories(_ name: String, _ entry: BuildCache.Entry) throws -> String? {
        let layer = roots.layer(name)
        if entry.isDoubtful {
            return "\(layer.path) may not have been on the disk when this machine was started"
        }
        if entry.isOutdated(layer) { return "its directory \(layer.path) is another build's" }
        guard let metadata = try layer.metadata(), try layer.hasUpperdir else {
            return "its directory \(layer.path) is gone"
        }
        if let copy = try metadata.overlayDirectories.first(where: { try !layer.holds($0) }) {
            return "its directory \(layer.overlayDirectory(copy.name)) is gone"
        }
        // What a layer below has lost can be unpacked again only as long as its blob is there.
        let output = try outputLayout()
        let layers = metadata.anyImage?.layers ?? []
        for (blob, content) in zip(layers, try roots.contents(of: layers)) where content == nil {
            if try output?.holds(blob) != true { return "its directory \(roots.contentPath(of: blob.digest)) is gone" }
        }
        return nil
    }

    private func outputLayout() throws -> Layout? { try context.layouts.layout(ifThereAt: context.directories.oci) }
}
