import Failure
import FileTree
import Glibc
import OCI
import OrderedCollections
import SystemPackage

/// Runs a layer's script in a container on its overlay.
struct ScriptRun {
    let layer: LayerDefinition
    let recipe: Recipe
    let directories: StackerDirectories
    let storage: LayerDirectory
    let log: Log

    private static let scriptName = ".stacker-run.sh"

    /// Runs `script`; what it changes is in the upperdir afterwards, and nothing that is only there for the run.
    ///
    /// - Throws: a failure with the script's own exit status if that was not 0.
    func run(_ script: Script, on stack: LayerStack, baseEnvironment: [String]) throws {
        try writeScript(script)
        let wanted = try mounts()
        defer { try? Directory(at: storage.path).removeTree("targets") }
        let targets = try MountTargets(
            Self.systemTargets + wanted.map { .init(path: $0.target, isDirectory: $0.isDirectory) },
            in: MergedView([storage.upper] + stack.lowerdirs), at: storage.targets)
        let config = ContainerConfig(
            lowerdirs: [storage.targets] + stack.lowerdirs, upperdir: storage.upper, rootfsMount: storage.rootfs,
            mounts: zip(wanted, targets.resolved.dropFirst(Self.systemTargets.count)).map { mount, target in
                var mount = mount
                mount.target = target
                return mount
            },
            environment: try environment(over: baseEnvironment), stateDirectory: directories.stacker,
            logFile: directories.stacker.appending("lxc-\(layer.name).log"))
        for argument in config.overlayArguments { log.debug("overlay of \(layer.name): \(argument)") }

        let outcome = try runLogged(config)
        try targets.removeWhiteouts(from: Directory(at: storage.upper))
        if outcome.endedBackgroundProcesses {
            log.warn("ended processes that the script of \(layer.name) had left in the background")
        }
        let exit = outcome.exit
        guard exit.status == 0 else {
            throw Failure(
                "run commands failed for image \"\(layer.name)\" in \"\(recipe.source.name)\"",
                because: Failure("the script ended with exit status \(exit.status)"), exitStatus: exit.status)
        }
    }

    // MARK: - What is mounted

    private static let imports: FilePath = "stacker/imports"

    /// What liblxc mounts by itself.
    private static let systemTargets: [MountTargets.Target] = [
        .init(path: "proc", isDirectory: true), .init(path: "dev", isDirectory: true),
        .init(path: "sys", isDirectory: true),
    ]

    private var importsDirectory: FilePath { directories.stacker.appending("imports").appending(layer.name) }

    private func mounts() throws -> [ContainerMount] {
        var mounts = [ContainerMount(source: importsDirectory, target: Self.imports, readOnly: true, isDirectory: true)]
        if layer.usesLegacyImport {
            mounts[0].target = "stacker"
        }
        if let resolver = try copyOfResolver() {
            mounts.append(ContainerMount(source: resolver, target: "etc/resolv.conf", readOnly: false, isDirectory: false))
        }
        for bind in layer.binds {
            var status = stat()
            guard bind.source.withPlatformString({ stat($0, &status) }) == 0 else {
                let error = Errno(rawValue: errno)
                throw Failure("\(bind.position): couldn't find bind source \(bind.path)", because: error)
            }
            let isDirectory = FileStatus(status).kind == .directory
            let target = FilePath(root: nil, FilePath(bind.destination).components)
            mounts.append(ContainerMount(source: bind.source, target: target, readOnly: false, isDirectory: isDirectory))
        }
        return mounts
    }

    /// A copy of the host's list of name servers: what a script writes there is its own.
    private func copyOfResolver() throws -> FilePath? {
        guard let bytes = try? OpenFile("/etc/resolv.conf", O_RDONLY).readToEnd(limit: 1 << 20) else { return nil }
        try Directory(at: directories.stacker).replaceFile("resolv.conf", with: bytes)
        return directories.stacker.appending("resolv.conf")
    }

    private func writeScript(_ script: Script) throws {
        try Directory(creating: importsDirectory)
            .replaceFile(FilePath(Self.scriptName), with: script.executable.utf8, mode: 0o755)
    }

    private func runLogged(_ config: ContainerConfig) throws -> ContainerOutcome {
        defer {
            for entry in LXCLog.errors(in: config.logFile) { log.debug("liblxc: ERROR \(entry.origin): \(entry.message)") }
        }
        return try Container.run(config, ["/\(Self.imports)/\(Self.scriptName)"])
    }

    /// The base image's variables, those of stacker's own environment that pass through, `build_env`; later ones win.
    private func environment(over base: [String]) throws -> [(name: String, value: String)] {
        var variables: OrderedDictionary = ["PATH": ImageConfig.Execution.standardPath]
        for (name, value) in Environment.pairs(base) { variables[name] = value }
        let own = Dictionary(Environment.pairs(Environment.all)) { $1 }
        for (name, value) in try layer.runEnvironment(passing: own) { variables[name] = value }
        variables["STACKER_LAYER_NAME"] = layer.name
        return variables.map { (name: $0.key, value: $0.value) }
    }
}

extension Environment {
    /// Takes entries `NAME=value` apart; others are passed over.
    static func pairs(_ entries: [String]) -> [(String, String)] {
        entries.compactMap { entry in
            guard let equals = entry.firstIndex(of: "="), equals != entry.startIndex else { return nil }
            return (String(entry[..<equals]), String(entry[entry.index(after: equals)...]))
        }
    }

    /// All variables of the process, each `NAME=value`, in order.
    static var all: [String] {
        var entries: [String] = []
        var next = environ
        while let entry = next.pointee {
            entries.append(String(cString: entry))
            next += 1
        }
        return entries
    }
}
