import Containers
import Failure
import FileTree
import Glibc
import Host
import OCI
import Roots
import SystemPackage

/// An image that is run as its config says. It may be anybody's: what it names is looked up in it and nowhere else, and
/// unless it is privileged its root is nobody on this machine. What it changes is thrown away.
package struct ImageRun {
    private let request: RunRequest
    private let directories: StackerDirectories
    private let log: Log

    /// Only remembers.
    package init(_ request: RunRequest, in directories: StackerDirectories, log: Log) {
        (self.request, self.directories, self.log) = (request, directories, log)
    }

    /// Runs the program to its end.
    ///
    /// - Returns: its exit status; 128 and the signal's number if a signal ended it.
    package func run() throws -> Int32 {
        try directories.refuseForeign()
        let namespace = try attempt("couldn't run \(request.image)", help: RunStage.remedy) { try makeNamespace() }
        // Of the locks, the run's own directory is left: others may build, and run images, meanwhile. What other runs
        // hold them for is short.
        let (image, own) = try directories.locked(waiting: log) {
            let roots = try RootsDirectory(takingOver: directories.roots)
            try roots.removeDeadRuns()
            try RunLogs.removeAll(in: directories.stacker)
            let image = try attempt("couldn't run \(request.image)") {
                try RunnableImage(request, in: roots, directories, log: log)
            }
            return (image, try RunDirectory(in: roots))
        }
        defer { own.remove() }
        let (config, arguments) = try attempt("couldn't run \(request.image)") {
            let view = try MergedView(image.lowerdirs)
            let program = try RunProgram(of: image.config, request, in: view)
            try program.refuseUnmapped(in: namespace)
            try LayerProgram(view: view).refuseForeign(program.arguments[0], environment: program.environment)
            return (try prepare(program, image.lowerdirs, view, own, namespace), program.arguments)
        }
        for argument in config.overlayArguments { log.debug("overlay of \(request.image): \(argument)") }
        let outcome = try Container.run(config, arguments, telling: log)
        if outcome.endedBackgroundProcesses {
            log.warn("ended processes that \(request.image) had left in the background")
        }
        return outcome.exit.status
    }

    /// An ordinary user is in a user namespace already.
    private func makeNamespace() throws -> UserNamespace? {
        guard !request.isPrivileged, HostUser.current.uid == 0, geteuid() == 0 else { return nil }
        return try UserNamespace()
    }

    // MARK: - The container

    /// What root of a container needs for what images do, and no more: capabilities(7).
    private static let capabilities = [
        "audit_write", "chown", "dac_override", "fowner", "fsetid", "kill", "net_bind_service", "net_raw", "setfcap",
        "setgid", "setpcap", "setuid", "sys_chroot",
    ]

    private func prepare(
        _ program: RunProgram, _ lowerdirs: [FilePath], _ view: MergedView, _ own: RunDirectory,
        _ namespace: UserNamespace?
    ) throws -> ContainerConfig {
        var stage = try RunStage(own, namespace, directories)
        try stage.makeUpper(like: view.root.top)
        var targets = ScriptRun.systemTargets
        if let directory = program.missingDirectory { targets.append(.init(path: directory, isDirectory: true)) }
        // An image may have a symlink there, to a place that is not its own.
        let isWanted = try request.hasHostNetwork && !RunProgram.isContainersOwn(view.resolve(ResolverCopy.target).path)
        let resolver = isWanted ? try ResolverCopy.write(in: stage.scratch) : nil
        if resolver != nil { targets.append(.init(path: ResolverCopy.target, isDirectory: false)) }
        let provided = try MountTargets(targets, in: view, at: own.path.appending("targets"))
        try stage.show([provided.directory] + lowerdirs)
        var mounts: [ContainerMount] = []
        if let resolver, let target = provided.resolved.last {
            mounts = [ContainerMount(source: resolver, target: target, readOnly: false, isDirectory: false)]
        }
        var config = ContainerConfig(
            lowerdirs: stage.lowerdirs, upperdir: stage.upperdir, rootfsMount: stage.rootfs, mounts: mounts,
            environment: program.environment, stateDirectory: stage.state, logFile: stage.log, terminal: true)
        config.keptLog = RunLogs.place(for: own, in: directories.stacker)
        config.rights.namespace = namespace
        config.rights.user = program.user
        config.rights.workingDirectory = program.directory
        config.rights.hasHostNetwork = request.hasHostNetwork
        config.rights.capabilities = request.isPrivileged ? nil : Self.capabilities
        return config
    }
}
