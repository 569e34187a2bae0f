import Failure
import FileTree
import Glibc
import Layers
import Recipes
import Roots
import SystemPackage

/// The build of one layer, from its base to its images.
struct LayerBuild {
    let layer: RecipeSet.Layer
    let bases: Bases
    let output: OutputLayout
    let gitVersions: GitVersions

    var recipe: Recipe { layer.recipe }
    private var definition: LayerDefinition { layer.definition }
    var context: BuildContext { bases.context }
    var request: BuildRequest { context.request }
    var directories: StackerDirectories { context.directories }
    var roots: RootsDirectory { context.roots }
    var log: Log { context.log }
    var timeline: BuildTimeline { context.timeline }
    private var contents: LayerContents { LayerContents(bases: bases, platform: definition.platform) }

    /// Builds the layer.
    func run(on base: BuildBase) throws -> LayerOutcome {
        let storage = roots.layer(definition.name)
        let pieces = definition.overlayPieces(on: base.archive)
        // One that the kernel would refuse is refused before anything is given up.
        _ = try stack(on: base, pieces, in: storage)
        try definition.sayingWhereBaseIs { try definition.refuseOtherPlatform(of: base) }
        sayWhatBaseSays(base)
        try refuseOversized(base, labels: [])
        try storage.reset()
        try storage.writeBase(base.metadata)
        try timeline.measure(.unpack, of: definition.name) { try bases.unpack(base) }
        let stack = try stack(on: base, pieces, in: storage)
        try DiskSpace.blaming(directories.stackerPlace) {
            try fillImports()
        }
        var base = base
        let root = try DiskSpace.blaming(directories.rootsPlace) {
            base.metadata.overlayDirectories = try timeline.measure(.imports, of: definition.name, "overlay dirs") {
                try OverlayPieces(storage: storage, contents: contents, log: log)
                    .copy(pieces, over: Array(stack.lowerdirs.dropFirst(pieces.count)))
            }
            if !pieces.isEmpty { try storage.writeBase(base.metadata) }
            let root = try adoptRoot(stack.lowerdirs.dropFirst(pieces.count).first, into: storage)
            if pieces.isEmpty, let archive = base.archive {
                try timeline.measure(.unpack, of: definition.name, "archive") {
                    try archive.unpack(into: Directory(at: storage.upperdir), log)
                }
            }
            return root
        }
        let scripts = ScriptRun(
            layer: definition, recipe: recipe.source.name, location: recipe.source.location, context: context,
            storage: storage, stack: stack, baseEnvironment: base.environment)
        if request.ignoresCache { try scripts.emptyCacheDirectories() }
        if let script = definition.run {
            context.scripts.note()
            try timeline.measure(.script, of: definition.name) { try scripts.run(script) }
        }
        let labels = try definition.generateLabels.map { script in
            try timeline.measure(.labels, of: definition.name) { try scripts.labels(script) }
        }
        return try output(base, root: root, labels: labels ?? [], in: storage)
    }

    private func output(
        _ base: BuildBase, root: RootEntry, labels: [(name: String, value: String)], in storage: LayerDirectory
    ) throws -> LayerOutcome {
        try refuseOversized(base, labels: labels)
        if definition.isBuildOnly { return try keep(base, labels: labels, in: storage) }
        return try DiskSpace.blaming(directories.ociPlace, directories.rootsPlace) {
            try timeline.measure(.pack, of: definition.name, request.layerTypes.map(\.rawValue).joined(separator: ", "))
            {
                try pack(base, root: root, labels: labels)
            }
        }
    }

    /// What is below the upperdir. Of what a layer of the base is put together is known when it is unpacked.
    private func stack(on base: BuildBase, _ pieces: [OverlayPiece], in storage: LayerDirectory) throws -> LayerStack {
        try LayerStack(
            base.metadata, request.layerTypes[0], roots,
            overlayDirectories: pieces.map { storage.overlayDirectory($0.name) })
    }

    /// Copies the imports to where scripts see them.
    ///
    /// - Parameter areHere: whether what they are taken from is; otherwise none are to be seen.
    func fillImports(_ areHere: Bool = true) throws {
        try timeline.measure(.imports, of: definition.name) {
            try ImportsDirectory(of: definition.name, in: context)
                .fill(areHere ? definition.imports : [], from: contents)
        }
    }

    /// Gives the upperdir the owner and mode of the root directory below it: overlayfs shows the upperdir's.
    ///
    /// - Returns: when the layer must say something of the root directory: if it is no longer like that.
    private func adoptRoot(_ below: FilePath?, into storage: LayerDirectory) throws -> RootEntry {
        guard let below else { return .ifDifferent() }
        return try attempt("couldn't take the root directory over from \(below)") {
            let root = try Directory(at: below)
            try Directory(at: storage.upperdir).takeMetadata(of: root)
            return try RootEntry(unlike: root)
        }
    }

    /// A build_only layer is not encoded: its upperdir waits for an image that is built on it.
    func keep(
        _ base: BuildBase, labels: [(name: String, value: String)], in storage: LayerDirectory
    ) throws -> LayerOutcome {
        var metadata = base.metadata
        for (type, image) in metadata.images {
            var draft = ImageDraft(image)
            draft.add(labels: labels)
            draft.apply(definition, context.identity)
            metadata.images[type]?.config = draft.config
            metadata.images[type]?.manifest.annotations = draft.annotations.isEmpty ? nil : draft.annotations
        }
        return LayerOutcome(metadata: try storage.write(metadata))
    }

    private func pack(
        _ base: BuildBase, root: RootEntry, labels: [(name: String, value: String)]
    ) throws -> LayerOutcome {
        var options = encodeOptions()
        options.root = root
        let writer = try output.writer()
        var base = base
        var run: BuildOnlyRun?
        if collapses(base) {
            run = try BuildOnlyRun(base.metadata, under: roots.layer(definition.name), request.layerTypes[0])
            base.metadata = base.metadata.withoutBuildOnly()
        }
        var output = try ImageOutput(base, by: writer, context, options)
        for name in base.metadata.builtLayers { try output.addBuildOnly(name) }
        // Scripts that count layers expect one for each link of a build_only chain, the image's own among them, also
        // where its run: changed nothing.
        let ownLayer = base.isBuildOnly && definition.run != nil ? RootEntry.always : root
        let outcome = try output.finish(
            definition, labels: labels, annotations: try annotations, metadata: base.metadata,
            root: run?.rootEntry() ?? ownLayer, merging: run)
        try self.output.tag(outcome.manifests, of: definition.name, request.layerTypes)
        return outcome
    }

    /// Whether the build_only layers that the layer stands on are merged into its own.
    func collapses(_ base: BuildBase) -> Bool {
        base.isBuildOnly && layer.collapsesBuildOnly ?? request.collapsesBuildOnly
    }

    /// How layers are encoded, but for their root directories.
    func encodeOptions() -> EncodeOptions {
        var options = EncodeOptions()
        options.latestTime = context.identity.sourceDateEpoch
        options.warn = { [log] in log.warn($0) }
        options.checkpoint = context.cancellation.check
        return options
    }

    /// What says which recipe, in which state, by which stacker, made the image.
    private var annotations: [String: String] {
        get throws {
            let namespace = request.annotationsNamespace
            var annotations = recipe.annotations(namespace)
            let directory = recipe.source.directory
            annotations["\(namespace).stacker.git_version"] = try gitVersions.version(
                of: directory, log: log, checkpoint: context.cancellation.check)
            return annotations
        }
    }
}
