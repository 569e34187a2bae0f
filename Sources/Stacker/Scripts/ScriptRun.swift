import Containers
import Failure
import FileTree
import Glibc
import Host
import OCI
import OrderedCollections
import Recipes
import Roots
import SystemPackage

/// Runs a layer's scripts, and other programs, in a container on its overlay.
struct ScriptRun {
    let layer: LayerDefinition
    /// What messages call the stacker file.
    let recipe: String
    /// Where the stacker file is; `nil` if there is none.
    let location: RecipeSource.Location?
    let context: BuildContext
    let storage: LayerDirectory
    /// What is below the upperdir.
    let stack: LayerStack
    /// The variables of the image that the layer is built on, each `NAME=value`.
    let baseEnvironment: [String]

    private var directories: StackerDirectories { context.directories }
    private var log: Log { context.log }
    private var surroundings: ScriptSurroundings { context.request.surroundings }
    /// What is run, with the terminal, in the state that a failed script left; nothing if `nil`.
    private var onFailure: [String]? { context.request.onRunFailure }

    /// How a script is called beside the imports, if nothing else is called so there.
    private static let scriptName: FilePath = ".stacker-run.sh"
    /// Where imports are shown in another order.
    private static let importsOrder: FilePath = "imports-order"
    /// The longest label that is read, in bytes.
    private static let labelLimit = 1 << 20

    /// Runs the script of `run:`. What it changes is in the upperdir afterwards, and nothing that is only there for the
    /// run.
    ///
    /// - Throws: a failure with the script's own exit status if that was not 0.
    func run(_ script: Script) throws {
        let imports = try importsMount()
        try execute(
            script, at: Self.write(script, in: imports), of: .run, mounts: importsMounts(imports),
            upperdir: storage.upperdir, lowerdirs: stack.lowerdirs)
    }

    /// The directories that are kept from build to build.
    private var cacheDirectories: CacheDirectories {
        CacheDirectories(of: layer, in: location, context)
    }

    /// Lets the next script find its cache directories empty.
    func emptyCacheDirectories() throws { try cacheDirectories.empty() }

    /// Runs a program with the terminal on a copy of the layer that is thrown away.
    ///
    /// - Returns: its exit status.
    func enter(_ arguments: [String]) throws -> Int32 {
        for directory in [storage.path, storage.rootfs] { try Directory.create(directory, isPlain: true) }
        try refuseForeign(arguments, in: stack.lowerdirs, "couldn't enter layer \(layer.name)")
        let parent = try Directory(at: storage.path)
        try parent.removeTree("session")
        defer { try? parent.removeTree("session") }
        let upperdir = storage.path.appending("session").appending("overlay")
        try Directory.create(upperdir, isPlain: true)
        if let top = stack.lowerdirs.first { try Directory(at: upperdir).takeMetadata(of: Directory(at: top)) }
        return try withContainer(
            mounts: importsMounts(importsMount()), upperdir: upperdir, lowerdirs: stack.lowerdirs
        ) { config, _ in
            var config = config
            config.terminal = true
            return try Container.run(config, arguments, telling: log).exit.status
        }
    }

    /// Runs the script of `generate_labels:` on a copy of the layer that is thrown away.
    ///
    /// - Returns: a label for each file that the script left in /stacker/oci-labels: its name and its content.
    func labels(_ script: Script) throws -> [(name: String, value: String)] {
        let path = storage.path.appending("oci-labels")
        let parent = try Directory(at: storage.path)
        try parent.removeTree("oci-labels")
        defer { try? parent.removeTree("oci-labels") }
        let labels = try parent.makePlainDirectory("oci-labels")

        let copy = storage.path.appending("labels")
        defer { try? Directory(at: storage.path).removeTree("labels") }
        try Directory.create(copy.appending("overlay"), isPlain: true)
        let mount = ContainerMount(source: path, target: "stacker/oci-labels", readOnly: false, isDirectory: true)
        // Not in the directory of the labels, where any name may be that of a label.
        let imports = try importsMount()
        try execute(
            script, at: Self.write(script, in: imports), of: .generateLabels, mounts: [imports, mount],
            upperdir: copy.appending("overlay"), lowerdirs: [storage.upperdir] + stack.lowerdirs)
        let names = try labels.names().filter { try labels.status($0)?.kind == .regular }
        return try names.map { name in
            try attempt("couldn't read label \(name)") {
                let file = try labels.openNoSymlinks(name, O_RDONLY | O_NONBLOCK)
                let size = try file.status().size
                guard size <= Self.labelLimit else {
                    throw Failure(
                        "it has \(size) bytes, and a label may have \(Self.labelLimit)",
                        help: "registries and other programs read no longer configs: keep it in a file of the image")
                }
                return (name.string, String(decoding: try file.readToEnd(limit: Self.labelLimit), as: UTF8.self))
            }
        }
    }

    /// Writes a script beside the imports, under a name that none of them has. What an earlier build left there is gone
    /// since the imports came.
    ///
    /// - Returns: where the container has it.
    private static func write(_ script: Script, in imports: ContainerMount) throws -> String {
        let directory = try Directory(at: imports.source)
        var name = scriptName
        var number = 0
        while try directory.status(name) != nil {
            number += 1
            name = FilePath("\(scriptName).\(number)")
        }
        try directory.replaceFile(name, with: script.file.utf8, mode: 0o755)
        return FilePath("/").pushing(imports.target).pushing(name).string
    }

    private func execute(
        _ script: Script, at path: String, of key: LayerKey, mounts: [ContainerMount], upperdir: FilePath,
        lowerdirs: [FilePath]
    ) throws {
        let command = script.command(at: path, shell: layer.shell)
        let failed = "\(key.rawValue) commands failed for image \"\(layer.name)\" in \"\(recipe)\""
        try refuseForeign(
            command, script.hasShebang ? script.file : nil, in: [upperdir] + lowerdirs,
            "\(layer.position(of: key)): the script of layer \(layer.name) can't run here")
        try withContainer(mounts: mounts, upperdir: upperdir, lowerdirs: lowerdirs) { config, targets in
            var config = config
            config.output = context.scriptOutput
            let outcome = try attempt(
                failed, help: DiskSpace.remedyIfFull([directories.stackerPlace, directories.rootsPlace])
            ) {
                do {
                    return try Container.run(config, command, until: context.cancellation, telling: log)
                } catch let failure as Failure where failure.processExitStatus == 127 {
                    let place = layer.position(of: key)
                    // What to do about it is said better here, where the recipe is known.
                    throw Failure(
                        "the script at \(place)", because: Failure(failure.description),
                        help: adviceOnMissing(script, command), exitStatus: 127)
                }
            }
            try context.cancellation.check()
            if outcome.endedBackgroundProcesses {
                log.warn("ended processes that the script of \(layer.name) had left in the background")
            }
            let status = outcome.exit.status
            if status != 0 { inspect(config) }
            try targets.removeWhiteouts(from: Directory(at: upperdir))
            guard status == 0 else {
                let place = layer.position(of: key)
                let lines = script.linesInWords(besides: place).map { "; \($0)" } ?? ""
                throw Failure(
                    failed,
                    because: Failure(
                        "the script at \(place) ended with exit status \(Self.inWords(status))\(lines)"),
                    help: LinkExhaustion.remedy(in: upperdir) ?? DiskSpace.remedyIfFull([directories.rootsPlace])
                        ?? waysToLook,
                    exitStatus: status)
            }
        }
    }

    /// Refuses a command that this machine's processor can't run, while nothing is mounted yet.
    ///
    /// - Parameters:
    ///   - content: the file itself, where it is not in the layer.
    ///   - what: what can't be done then.
    private func refuseForeign(
        _ command: [String], _ content: String? = nil, in directories: [FilePath], _ what: @autoclosure () -> String
    ) throws {
        guard let name = command.first else { return }
        let mounts = layer.binds.map { FilePath($0.destination) }
        let program = try LayerProgram(view: MergedView(directories), mounts: mounts)
        let environment = try environment()
        try attempt(what()) { try program.refuseForeign(name, content: content, environment: environment) }
    }

    /// Lets the user look at what a script left. How that ends changes nothing: the build has failed already.
    private func inspect(_ config: ContainerConfig) {
        guard let onFailure else { return }
        log.info("running \(onFailure.joined(separator: " ")) in \(layer.name), as its script left it")
        var config = config
        config.terminal = true
        do {
            let status = try Container.run(config, onFailure, telling: log).exit.status
            if status != 0 { log.warn("it ended with exit status \(status)") }
        } catch {
            log.warn("it could not be run: \(error)")
        }
    }

    /// Runs `body` with the container in which the layer's programs run, its mount points provided for.
    ///
    /// - Parameter mounts: what is mounted beside what every program of the layer has.
    private func withContainer<Result>(
        mounts: [ContainerMount], upperdir: FilePath, lowerdirs: [FilePath],
        _ body: (ContainerConfig, MountTargets) throws -> Result
    ) throws -> Result {
        let binds = BindMounts(of: layer, in: directories.stacker)
        defer {
            for name in ["targets", Self.importsOrder, ResolverCopy.name] {
                try? Directory(at: storage.path).removeTree(name)
            }
            binds.removeVolumes()
        }
        let caches = try cacheDirectories.open()
        defer { withExtendedLifetime(caches) {} }
        let bound = try binds.make()
        let mounts = try mounts + resolverMount() + bound + caches.mounts
        let view = try MergedView([upperdir] + lowerdirs)
        try binds.refuseOtherKinds(bound, in: view)
        try caches.refuseFiles(in: view)
        let mounted = try MountedStack(lowerdirs)
        let targets = try MountTargets(
            Self.systemTargets + mounts.map { .init(path: $0.target, isDirectory: $0.isDirectory) },
            in: view, over: mounted, at: storage.targets)
        let order = try EntryOrder(surroundings, of: lowerdirs, at: storage.path.appending("order"))
        defer { order.unmount() }
        let imports = try ReversedImports(surroundings, of: importsPath, at: storage.path.pushing(Self.importsOrder))
        defer { imports.unmount() }
        let places = targets.resolved.dropFirst(Self.systemTargets.count)
        try binds.adopt(view, at: places.dropLast(caches.mounts.count).suffix(bound.count))
        try caches.adopt(view, at: places.suffix(caches.mounts.count))
        var config = ContainerConfig(
            lowerdirs: [storage.targets] + mounted.lowerdirs + order.lowerdirs, upperdir: upperdir,
            rootfsMount: storage.rootfs,
            mounts: zip(mounts, places).map { mount, target in
                var mount = mount
                (mount.source, mount.target) = (imports.shown(mount.source), target)
                return mount
            },
            environment: try environment(), hostname: surroundings.hostName, stateDirectory: directories.stacker,
            logFile: directories.stacker.appending("lxc-\(layer.name).log"))
        (config.umask, config.processors) = (surroundings.umask, surroundings.processors)
        for argument in config.overlayArguments { log.debug("overlay of \(layer.name): \(argument)") }
        return try body(config, targets)
    }

    // MARK: - What is mounted

    /// What liblxc mounts by itself.
    static let systemTargets: [MountTargets.Target] = [
        .init(path: "proc", isDirectory: true), .init(path: "dev", isDirectory: true),
        .init(path: "sys", isDirectory: true),
    ]

    private var importsPath: FilePath { directories.stacker.appending("imports").appending(layer.name) }

    /// The layer's imports: every run has them, read-only.
    private func importsMount() throws -> ContainerMount {
        try Directory.create(importsPath, isPlain: true)
        return ContainerMount(
            source: importsPath, target: "stacker/imports", readOnly: true, isDirectory: true)
    }

    /// The same, and where the deprecated key puts them: on /stacker itself, too.
    private func importsMounts(_ imports: ContainerMount) throws -> [ContainerMount] {
        guard layer.usesLegacyImport else { return [imports] }
        // The place for the other mount has to be in there.
        let directory = try Directory(at: imports.source)
        try directory.makeDirectory("imports", exclusive: false)
        guard try directory.status("imports")?.kind == .directory else {
            throw Failure(
                "an import called \"imports\" is where /stacker/imports should be",
                help: "write imports: in place of import:, and find it as /stacker/imports/imports")
        }
        return [ContainerMount(source: imports.source, target: "stacker", readOnly: true, isDirectory: true), imports]
    }

    private func resolverMount() throws -> [ContainerMount] {
        guard let resolver = try ResolverCopy.write(in: storage.path) else { return [] }
        return [
            ContainerMount(source: resolver, target: ResolverCopy.target, readOnly: false, isDirectory: false)
        ]
    }

    /// The variables of the surroundings, those of the base image, those of the layer's platform, those of stacker's own
    /// environment that pass through, `build_env`; later ones win.
    private func environment() throws -> [(name: String, value: String)] {
        var variables: OrderedDictionary = ["PATH": ImageConfig.Execution.standardPath]
        for (name, value) in surroundings.variables.sorted(by: { $0.key < $1.key }) { variables[name] = value }
        for (name, value) in Environment.pairs(baseEnvironment) { variables[name] = value }
        for (name, value) in Substitutions.values(of: layer.target).sorted(by: { $0.key < $1.key }) {
            variables[name] = value
        }
        var own = Dictionary(Environment.pairs(Environment.all)) { $1 }
        own.merge(surroundings.callersVariables) { $1 }
        own["SOURCE_DATE_EPOCH"] = context.request.sourceDateEpoch
        for (name, value) in try layer.runEnvironment(passing: own) { variables[name] = value }
        variables["STACKER_LAYER_NAME"] = layer.tag
        return variables.map { (name: $0.key, value: $0.value) }
    }
}
