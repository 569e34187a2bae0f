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
    /// What is run, with the terminal, in the state that a failed script left; nothing if `nil`.
    private var onFailure: [String]? { context.request.onRunFailure }

    /// How the script is called where it is mounted, if nothing else is called so there.
    private static let scriptName: FilePath = ".stacker-run.sh"
    /// The longest label that is read, in bytes.
    private static let labelLimit = 1 << 20

    /// Runs the script of `run:`. What it changes is in the upperdir afterwards, and nothing that is only there for the
    /// run.
    ///
    /// - Throws: a failure with the script's own exit status if that was not 0.
    func run(_ script: Script) throws {
        let imports = try importsMount()
        let directory = try Directory(at: imports.source)
        let name = try Self.freeName(in: directory)
        try directory.replaceFile(name, with: script.file.utf8, mode: 0o755)
        try execute(
            script.command(at: Self.place(of: name, in: imports), shell: layer.shell), of: .run,
            mounts: importsMounts(imports),
            upperdir: storage.upperdir, lowerdirs: stack.lowerdirs)
    }

    /// The directories that are kept from build to build.
    private var cacheDirectories: CacheDirectories {
        CacheDirectories(of: layer, in: location, directories.stacker, log)
    }

    /// Lets the next script find its cache directories empty.
    func emptyCacheDirectories() throws { try cacheDirectories.empty() }

    /// Runs a program with the terminal on a copy of the layer that is thrown away.
    ///
    /// - Returns: its exit status.
    func enter(_ arguments: [String]) throws -> Int32 {
        for directory in [storage.path, storage.rootfs] { try Directory.create(directory, isPlain: true) }
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
        let path = directories.stacker.appending("oci-labels").appending(layer.name)
        let parent = try Directory(creating: path.removingLastComponent(), isPlain: true)
        try parent.removeTree(FilePath(layer.name))
        defer {
            try? parent.removeTree(FilePath(layer.name))
            // It stays where it is if something else is in there.
            try? Directory(at: directories.stacker).remove("oci-labels", directory: true)
        }
        let labels = try Directory(creating: path, isPlain: true)
        try labels.replaceFile(Self.scriptName, with: script.file.utf8, mode: 0o755)

        let copy = storage.path.appending("labels")
        defer { try? Directory(at: storage.path).removeTree("labels") }
        try Directory.create(copy.appending("overlay"), isPlain: true)
        let mount = ContainerMount(source: path, target: "stacker/oci-labels", readOnly: false, isDirectory: true)
        try execute(
            script.command(at: Self.place(of: Self.scriptName, in: mount), shell: layer.shell), of: .generateLabels,
            mounts: [importsMount(), mount],
            upperdir: copy.appending("overlay"), lowerdirs: [storage.upperdir] + stack.lowerdirs)
        let names = try labels.names().filter { name in
            try name != Self.scriptName && labels.status(name)?.kind == .regular
        }
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

    /// A name for the script that no import has. What an earlier build left there is gone since the imports came.
    private static func freeName(in directory: Directory) throws -> FilePath {
        var name = scriptName
        var number = 0
        while try directory.status(name) != nil {
            number += 1
            name = FilePath("\(scriptName).\(number)")
        }
        return name
    }

    private static func place(of name: FilePath, in mount: ContainerMount) -> String {
        FilePath("/").pushing(mount.target).pushing(name).string
    }

    private func execute(
        _ command: [String], of key: LayerKey, mounts: [ContainerMount], upperdir: FilePath, lowerdirs: [FilePath]
    ) throws {
        let failed = "\(key.rawValue) commands failed for image \"\(layer.name)\" in \"\(recipe)\""
        try withContainer(mounts: mounts, upperdir: upperdir, lowerdirs: lowerdirs) { config, targets in
            let outcome = try attempt(
                failed, help: DiskSpace.remedyIfFull([directories.stackerPlace, directories.rootsPlace])
            ) { try Container.run(config, command, telling: log) }
            try StopSignal.check()
            if outcome.endedBackgroundProcesses {
                log.warn("ended processes that the script of \(layer.name) had left in the background")
            }
            let status = outcome.exit.status
            if status != 0 { inspect(config) }
            try targets.removeWhiteouts(from: Directory(at: upperdir))
            guard status == 0 else {
                throw Failure(
                    failed,
                    because: Failure(
                        "the script at \(layer.position(of: key)) ended with exit status \(Self.inWords(status))"),
                    help: LinkExhaustion.remedy(in: upperdir) ?? DiskSpace.remedyIfFull([directories.rootsPlace])
                        ?? waysToLook,
                    exitStatus: status)
            }
        }
    }

    /// An exit status, and the signal that it stands for. Where a shell says so of a command, nobody can tell whether the
    /// command ended like that by itself.
    private static func inWords(_ status: Int32) -> String {
        let signal = status - 128
        guard (1..<32).contains(signal), let name = strsignal(signal) else { return "\(status)" }
        return "\(status): signal \(signal) (\(String(cString: name)))"
    }

    /// How a user finds out why a script failed.
    private var waysToLook: String {
        let file = recipe == "stacker.yaml" ? "" : "-f \(recipe) "
        let enter = "stacker chroot \(file)\(layer.name) enters the layer as the script left it"
        return onFailure == nil ? "\(enter); stacker build --shell-fail opens a shell there at once" : enter
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
            try? Directory(at: storage.path).removeTree("targets")
            binds.removeVolumes()
        }
        let caches = try cacheDirectories.open()
        defer { withExtendedLifetime(caches) {} }
        let bound = try binds.make()
        let mounts = try mounts + resolverMount() + bound + caches.mounts
        let view = try MergedView([upperdir] + lowerdirs)
        try binds.refuseOtherKinds(bound, in: view)
        try caches.refuseFiles(in: view)
        let targets = try MountTargets(
            Self.systemTargets + mounts.map { .init(path: $0.target, isDirectory: $0.isDirectory) },
            in: view, at: storage.targets)
        let places = targets.resolved.dropFirst(Self.systemTargets.count)
        try binds.adopt(view, at: places.dropLast(caches.mounts.count).suffix(bound.count))
        try caches.adopt(view, at: places.suffix(caches.mounts.count))
        let config = ContainerConfig(
            lowerdirs: [storage.targets] + lowerdirs, upperdir: upperdir, rootfsMount: storage.rootfs,
            mounts: zip(mounts, places).map { mount, target in
                var mount = mount
                mount.target = target
                return mount
            },
            environment: try environment(), stateDirectory: directories.stacker,
            logFile: directories.stacker.appending("lxc-\(layer.name).log"))
        for argument in config.overlayArguments { log.debug("overlay of \(layer.name): \(argument)") }
        return try body(config, targets)
    }

    // MARK: - What is mounted

    /// What liblxc mounts by itself.
    static let systemTargets: [MountTargets.Target] = [
        .init(path: "proc", isDirectory: true), .init(path: "dev", isDirectory: true),
        .init(path: "sys", isDirectory: true),
    ]

    /// The layer's imports: every run has them, read-only.
    private func importsMount() throws -> ContainerMount {
        let source = directories.stacker.appending("imports").appending(layer.name)
        try Directory.create(source, isPlain: true)
        return ContainerMount(
            source: source, target: "stacker/imports", readOnly: true, isDirectory: true)
    }

    /// The same, and where the deprecated key puts them: on /stacker itself, too.
    private func importsMounts(_ imports: ContainerMount) throws -> [ContainerMount] {
        guard layer.usesLegacyImport else { return [imports] }
        // The place for the other mount has to be in there.
        try Directory(at: imports.source).makeDirectory("imports", exclusive: false)
        return [ContainerMount(source: imports.source, target: "stacker", readOnly: true, isDirectory: true), imports]
    }

    private func resolverMount() throws -> [ContainerMount] {
        guard let resolver = try ResolverCopy.write(in: directories.stacker) else { return [] }
        return [
            ContainerMount(source: resolver, target: ResolverCopy.target, readOnly: false, isDirectory: false)
        ]
    }

    /// The base image's variables, those of stacker's own environment that pass through, `build_env`; later ones win.
    private func environment() throws -> [(name: String, value: String)] {
        var variables: OrderedDictionary = ["PATH": ImageConfig.Execution.standardPath]
        for (name, value) in Environment.pairs(baseEnvironment) { variables[name] = value }
        let own = Dictionary(Environment.pairs(Environment.all)) { $1 }
        for (name, value) in try layer.runEnvironment(passing: own) { variables[name] = value }
        variables["STACKER_LAYER_NAME"] = layer.name
        return variables.map { (name: $0.key, value: $0.value) }
    }
}
