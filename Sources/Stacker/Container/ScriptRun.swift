import Failure
import FileTree
import Glibc
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
        defer { removeLeftovers() }
        let targets = try MountTargets(
            Self.systemTargets + wanted.map { .init(path: $0.target, isDirectory: $0.isDirectory) },
            in: MergedView([storage.upper] + stack.lowerdirs), at: storage.targets)
        let config = ContainerConfig(
            name: layer.name, lowerdirs: [storage.targets] + stack.lowerdirs, upperdir: storage.upper,
            rootfs: storage.rootfs,
            mounts: zip(wanted, targets.resolved.dropFirst(Self.systemTargets.count)).map { mount, target in
                ContainerMount(
                    source: mount.source, target: target, isDirectory: mount.isDirectory, isReadOnly: mount.isReadOnly)
            },
            environment: try RunEnvironment(of: layer, base: baseEnvironment).variables)
        explain(config)

        let exit = try Container(stackerDirectory: directories.stacker, log: log)
            .run(config, ["/\(Self.imports)/\(Self.scriptName)"])
        try targets.removeWhiteouts(from: Directory(at: storage.upper))
        if exit.endedProcesses { log.warn("ended processes that the script of \(layer.name) had left in the background") }
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
        var mounts = [ContainerMount(source: importsDirectory, target: Self.imports, isReadOnly: true)]
        if layer.usesLegacyImport {
            mounts[0].target = "stacker"
        }
        if let resolver = try copyOfResolver() {
            mounts.append(ContainerMount(source: resolver, target: "etc/resolv.conf", isDirectory: false))
        }
        for bind in layer.binds {
            var status = stat()
            guard bind.source.withPlatformString({ stat($0, &status) }) == 0 else {
                let error = Errno(rawValue: errno)
                throw Failure("\(bind.position): couldn't find bind source \(bind.path)", because: error)
            }
            let isDirectory = FileStatus(status).kind == .directory
            let target = FilePath(root: nil, FilePath(bind.destination).components)
            mounts.append(ContainerMount(source: bind.source, target: target, isDirectory: isDirectory))
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

    /// What `--debug` shows of the overlay, top first, as the kernel stacks it.
    private func explain(_ config: ContainerConfig) {
        log.debug("overlay of \(layer.name): upperdir \(config.upperdir)")
        for lowerdir in config.lowerdirs { log.debug("overlay of \(layer.name): lowerdir \(lowerdir)") }
    }

    /// Removes what only the run needed: the places to mount on, and overlayfs's working directory.
    private func removeLeftovers() {
        guard let directory = try? Directory(at: storage.path) else { return }
        for name in ["targets", "work"] as [FilePath] { try? directory.removeTree(name) }
    }
}
