import Failure
import FileTree
import Glibc
import Layers
import OCI
import Registry
import SystemPackage

/// One `stacker build`: recipes in, images in the output layout out.
public struct Build {
    private let request: BuildRequest
    private let directories: StackerDirectories
    private let log: Log
    private let recipes: RecipeSet
    private let identity: BuildIdentity
    private let credentials = Credentials(checkpoint: { try StopSignal.check() })
    private let client: WebClient

    /// Reads the recipes and puts their layers in order; nothing is made on disk.
    public init(_ request: BuildRequest, in directories: StackerDirectories, log: Log) throws {
        self.request = request
        self.directories = directories
        self.log = log
        identity = try BuildIdentity()
        client = WebClient(credentials: credentials, checkpoint: { try StopSignal.check() })
        recipes = try RecipeLoader(directories: directories, client: client).load(request)
        for warning in recipes.warnings { log.warn(warning.description) }
        _ = try SharedCache.repositories(request)
        if request.requiresHashes { try recipes.requireHashes() }
        for layer in recipes.layers.map(\.definition) {
            for entry in layer.imports {
                guard case .local(let path) = entry.source else { continue }
                try directories.refuseContaining(path, "\(entry.position): import \(entry.path)")
            }
            for entry in layer.overlayDirectories {
                try directories.refuseContaining(entry.source, "\(entry.position): overlay dir \(entry.path)")
            }
        }
        // Before anything is made: a layout that can't be used is not worth a build.
        if try LayoutState(of: directories.oci) == .layout { _ = try Layout(at: directories.oci).index() }
    }

    /// The stacker files in build order, one a line: `N build FILE: requires: [FILE FILE]`.
    public var order: [String] {
        recipes.files.enumerated().map { number, file in
            let requires = file.requires.map(\.description).joined(separator: " ")
            return "\(number) build \(file.recipe.source.location): requires: [\(requires)]"
        }
    }

    /// Goes through the layers in build order: what the cache has is taken from it, the rest is built.
    ///
    /// - Parameter mayBuild: false outside a namespace, where it is only found out whether there is anything to build.
    /// - Returns: false if a layer must be built and may not; nothing but tags has been changed then.
    public func run(mayBuild: Bool) throws -> Bool {
        try directories.refuseForeign()
        let roots = try RootsFileSystem(directories.roots)
        try roots.refuseUnfit()
        if mayBuild, HostUser.current.uid != 0 { try roots.refuseWithoutOverlay() }
        if let warning = roots.warning { log.warn(warning) }
        return try DiskSpace.blaming(directories.stackerPlace, directories.rootsPlace, directories.ociPlace) {
            try buildAll(mayBuild: mayBuild)
        }
    }

    private func buildAll(mayBuild: Bool) throws -> Bool {
        try Directory.create(directories.stacker)
        try Directory.create(directories.roots)
        let locks = [try Lock(on: directories.roots), try Lock(on: directories.stacker)]
        defer { withExtendedLifetime(locks) {} }
        let roots = try RootsDirectory(at: directories.roots)
        let resolver = BaseResolver(
            roots: roots, output: directories.oci, types: request.layerTypes,
            downloads: Downloads(in: directories.stacker, client: client, log: log),
            registries: RegistryBases(in: directories.stacker, web: client, credentials: credentials, log: log),
            hardLinkOverflow: request.hardLinkOverflow)
        let lookup = CacheLookup(request: request, identity: identity, roots: roots, resolver: resolver, log: log)
        var cache = try BuildCache(in: directories.stacker, log: log)
        var digests = try FileDigests(in: directories.stacker)
        var shared = try SharedCache(
            request, in: directories, roots: roots, web: client, credentials: credentials, log: log)
        if mayBuild { try roots.removeTemporaries() }

        for file in recipes.files {
            for layer in file.layers {
                log.info("preparing image \(layer.definition.name)...")
                let inputs = try lookup.inputs(layer, cache, &digests, mayUnpack: mayBuild)
                shared.note(layer, inputs, cache)
                switch try lookup.decide(layer, inputs, cache, &digests) {
                case .hit(let entry):
                    // What there is to send may be readable only within the namespace.
                    guard mayBuild || request.cacheTo.isEmpty else { return false }
                    try retag(layer.definition.name, entry)
                    try shared.give(layer.definition, &cache, isNew: false)
                case .miss(let reason):
                    guard mayBuild, let inputs else { return false }
                    if let reason { log.info(reason) }
                    try cache.forget(layer.definition.name)
                    let build = LayerBuild(
                        layer: layer, recipe: file.recipe, request: request, directories: directories, roots: roots,
                        identity: identity, contents: LayerContents(resolver: resolver, cache: cache, log: log),
                        log: log)
                    if let entry = try shared.take(build, inputs) {
                        try cache.record(entry, for: layer.definition.name)
                        try shared.give(layer.definition, &cache, isNew: false)
                        continue
                    }
                    let outputs = try build.run(on: resolver.base(layer.base, layer.definition.platform, cache, log))
                    try cache.record(.init(inputs: inputs, outputs: outputs), for: layer.definition.name)
                    try shared.give(layer.definition, &cache, isNew: true)
                    log.info("filesystem \(layer.definition.name) built successfully")
                }
            }
        }
        try digests.save()
        if try LayoutState(of: directories.oci) == .layout { try Layout(at: directories.oci).collectGarbage() }
        return true
    }

    /// Points the tags of a cached layer at its images: somebody may have taken them away.
    private func retag(_ name: String, _ entry: BuildCache.Entry) throws {
        guard !entry.outputs.isEmpty else { return log.info("found cached layer \(name)") }
        try Layout(at: directories.oci).tag(entry.outputs, of: name, request.layerTypes)
        for type in request.layerTypes where entry.outputs[type] != nil {
            log.info("found cached layer \(type.tag(for: name))")
        }
    }
}
